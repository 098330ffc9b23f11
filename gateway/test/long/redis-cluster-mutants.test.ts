import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClusterGateways, groupOn } from '../support/cluster-gateways.js';
import { RedisCluster } from '../support/redis-cluster.js';
// Here gateways are no processes of their own, so this makes something else of all gateways of this file.
import '../support/mutants/deaf-to-gaps.js';

/** What redis-cluster-masters.test.ts shows of gateways as they are, undergone by crippled ones: see faults/mutants.test.ts. */
describe('mutation check on a Redis Cluster', { timeout: 60_000 }, () => {
  let cluster: RedisCluster;
  let gateways: ClusterGateways;
  before(async () => {
    cluster = await RedisCluster.start();
  });
  after(async () => {
    await gateways.close();
    await cluster.close();
  });

  test('F9 without gap detection: nobody is told of what a dead master may have taken with it', async () => {
    const [victim] = await cluster.masters();
    const group = await groupOn(victim!, cluster);
    gateways = await ClusterGateways.open(cluster.url, [group], 500);
    gateways.flow('kept', group);
    await gateways.flowing();
    await victim!.kill();
    await cluster.failedOver(victim!);
    await gateways.flowing();
    const faults = await gateways.finish();
    assert.ok(faults.some((fault) => / has a silent gap in /.test(fault)));
    assert.equal(gateways.gapsIn(group), 0);
  });
});
