import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { isBrokerFailure } from '../../src/broker/broker.js';
import { ClusterGateways, groupOn, slotOfGroup } from '../support/cluster-gateways.js';
import { connectionsAt } from '../support/failover.js';
import type { Sent } from '../support/ledger.js';
import type { RedisServer } from '../support/redis.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { until } from '../support/until.js';

/** Of commands, in ms. */
const timeout = 500;

describe('masters of a Redis Cluster that fail', { timeout: 100_000 }, () => {
  let cluster: RedisCluster;
  let gateways: ClusterGateways;
  /** Who fails, and a group in one of its slots. */
  let victim: RedisServer;
  let lost: string;
  /** Groups of the other masters. */
  let elsewhere: readonly string[];

  before(async () => {
    cluster = await RedisCluster.start();
  });
  beforeEach(async () => {
    await cluster.everywhere('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
    const masters = await cluster.masters();
    victim = masters[0]!;
    lost = await groupOn(victim, cluster);
    elsewhere = await Promise.all(masters.slice(1).map((master) => groupOn(master, cluster)));
    gateways = await ClusterGateways.open(cluster.url, [lost, ...elsewhere], timeout);
    for (const group of [lost, ...elsewhere]) gateways.flow(`kept in ${group}`, group);
    for (const group of elsewhere) gateways.flow(`plain in ${group}`, group, { history: false });
    await gateways.flowing();
  });
  afterEach(async () => {
    await gateways.close();
    await cluster.heal();
  });
  after(() => cluster.close());

  const flowsTo = (group: string) => gateways.flows.filter((flow) => flow.group === group);

  /** The channels of other masters must not notice. */
  function expectNothingElsewhere(): void {
    for (const group of elsewhere) {
      const outcomes = new Set(flowsTo(group).flatMap(({ sends }) => sends.map(({ outcome }) => outcome)));
      assert.deepEqual([...outcomes], ['accepted'], `in group ${group}`);
      assert.equal(gateways.gapsIn(group), 0, `gaps in group ${group}`);
    }
  }

  /** Waits until everything flows again, and says how long that took. */
  async function recovered(t: TestContext, since: number): Promise<void> {
    const passed = () => `${Math.round(performance.now() - since)} ms`;
    await Promise.all(flowsTo(lost).map((flow) => flow.heardBy(0)));
    t.diagnostic(`accepted again after ${passed()}`);
    await gateways.flowing();
    t.diagnostic(`in full flow after ${passed()}`);
  }

  test('one is killed: its replica takes over', async (t) => {
    const since = performance.now();
    await victim.kill();
    await Promise.all(flowsTo(lost).map((flow) => flow.fails()));
    await recovered(t, since);
    assert.deepEqual(await gateways.finish(), []);
    expectNothingElsewhere();
    assert.ok(gateways.gapsIn(lost) >= 2, 'the replica may have missed what the master had kept');
  });

  test('one hangs: its replica takes over, and it comes back', async (t) => {
    const since = performance.now();
    victim.stop();
    const reading = gateways.gateways[0].broker.read({ channel: `group:${lost}`, limit: 1 });
    await assert.rejects(reading, isBrokerFailure);
    t.diagnostic(
      `a reading fails after ${Math.round(performance.now() - since)} ms, redis-timeout is ${timeout}`,
    );
    await Promise.all(flowsTo(lost).map((flow) => flow.fails()));
    await recovered(t, since);
    victim.cont();
    await cluster.complete();
    await gateways.flowing();
    assert.deepEqual(await gateways.finish(), []);
    expectNothingElsewhere();
    assert.ok(gateways.gapsIn(lost) >= 2);
  });

  test('one is killed whose replica has missed writes', async (t) => {
    const replica = await cluster.detachReplica(victim);
    const before = await Promise.all(
      Array.from({ length: 50 }, () => gateways.gateways[0].send('lost', lost)),
    );
    const since = performance.now();
    await victim.kill();
    replica.cont();
    const { position } = before.at(-1)!;
    await recovered(t, since);
    assert.equal(await cluster.ownerOf(slotOfGroup(lost)), replica);
    const read = await gateways.gateways[1].broker.read({
      channel: `group:${lost}`,
      after: position,
      limit: 1,
    });
    assert.equal(read.complete, false);
    assert.ok(BigInt(parsePosition(read.position)!.epoch) > BigInt(parsePosition(position!)!.epoch));
    assert.deepEqual(await gateways.finish(), []);
    expectNothingElsewhere();
  });

  test('one is killed that has no replica: it comes back empty, and then with older data', async (t) => {
    const replica = await cluster.replicaOf(victim);
    await replica.kill();
    for (const dump of ['none.rdb', 'dump.rdb']) {
      await victim.cli('SAVE');
      const gaps = gateways.gapsIn(lost);
      await victim.kill();
      await cluster.says('cluster_slots_pfail:0', [victim, replica]);
      for (const flow of flowsTo(lost)) expectRefused(await flow.next());
      const since = performance.now();
      await victim.restart({ dbfilename: dump });
      await recovered(t, since);
      assert.equal(gateways.gapsIn(lost) - gaps, 2, 'each is told once');
    }
    assert.deepEqual(await gateways.finish(), []);
    expectNothingElsewhere();
  });

  test('one is killed that has no replica, where all slots or none are served', async (t) => {
    await cluster.everywhere('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
    const replica = await cluster.replicaOf(victim);
    await replica.kill();
    await victim.kill();
    await cluster.says('cluster_state:fail', [victim, replica]);
    // A plain SPUBLISH is carried on by Redis (cluster-allow-pubsubshard-when-down), until a probe has failed.
    await Promise.all(gateways.flows.map((flow) => flow.fails()));
    for (const flow of gateways.flows) expectRefused(await flow.next());
    const since = performance.now();
    await victim.restart();
    await recovered(t, since);
    assert.deepEqual(await gateways.finish(), []);
    for (const group of elsewhere) assert.equal(gateways.gapsIn(group), 0, 'they have lost nothing');
  });

  test('one is added, gets a slot, and gives it back', async () => {
    const added = await cluster.addMaster();
    const slot = slotOfGroup(lost);
    await cluster.migrate(slot, victim, added);
    await gateways.flowing();
    const roles = ['command', 'command', 'listen', 'listen'];
    await until('two gateways there', async () => `${(await connectionsAt(added)).sort()}` === `${roles}`);
    await cluster.migrate(slot, added, victim);
    await gateways.flowing();
    await until('nobody there', async () => (await connectionsAt(added)).length === 0);
    assert.deepEqual(await gateways.finish(), []);
    assert.deepEqual(gateways.lost, []);
    expectNothingElsewhere();
  });
});

function expectRefused(batch: readonly Sent[]): void {
  for (const { outcome, stream } of batch) assert.equal(outcome, 'refused', stream);
}
