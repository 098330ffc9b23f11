import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ClusterGateways, groupsIn, keysOf, slotOfGroup } from '../support/cluster-gateways.js';
import { RedisCluster } from '../support/redis-cluster.js';

/** Steps in which a slot moves there and back. */
const steps = 12;

const slot = slotOfGroup('0');
const [busy, keyed, ...quiet] = groupsIn(slot, 2 + steps) as [string, string, ...string[]];

describe('a slot of a Redis Cluster that moves, step by step', { timeout: 60_000 }, () => {
  let cluster: RedisCluster;
  let gateways: ClusterGateways;
  before(async () => {
    cluster = await RedisCluster.start();
  });
  afterEach(() => gateways.close());
  after(() => cluster.close());

  test('at every step each send is refused, or heard by all, in order and once', async (t) => {
    gateways = await ClusterGateways.open(cluster.url, [busy, keyed, ...quiet], 300);
    const plain = gateways.flow('plain', busy, { history: false });
    const kept = gateways.flow('kept', busy);
    const once = gateways.flow('keyed', keyed, { keyed: true });

    const source = await cluster.ownerOf(slot);
    const target = cluster.servers.find((server) => server !== source)!;
    const unused = quiet.values();
    for (const [from, to] of [[source, target] as const, [target, source] as const]) {
      for await (const step of cluster.migration(slot, from, to, keysOf(busy)[0])) {
        const flows = [plain[0], kept[0], once[0]];
        const answers = await Promise.all(flows.map(async (flow) => (await flow.next())[0]!.outcome));
        const { outcome } = await gateways.gateways[0].send('quiet', unused.next().value!);
        t.diagnostic(`${step}: plain, kept, keyed, first of its group: ${[...answers, outcome].join(', ')}`);
      }
      await gateways.flowing();
    }

    assert.deepEqual(await gateways.finish(), []);
    assert.deepEqual(gateways.lost, []);
  });
});
