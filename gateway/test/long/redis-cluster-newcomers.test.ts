import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { slotOf } from '../../src/broker/redis/cluster/hash-slot.js';
import { Names } from '../../src/broker/redis/names.js';
import { Cluster } from '../support/cluster.js';
import { keepEvidence } from '../support/evidence.js';
import { tellings } from '../support/failover.js';
import { longHistory } from '../support/long-history.js';
import type { RedisServer } from '../support/redis.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

const names = new Names('tabcast');

/**
 * Where the channels and keys are, as the hash of their names will have it: `group:red`, what is known of user cleo and the
 * registry in the first third of the slots, user dan in the second, `all` and `registered` in the last one.
 */
describe('F9: a master of a Redis Cluster is dead and has no replica, and tabs come', {
  timeout: 100_000,
}, () => {
  let redis: RedisCluster;
  let cluster: Cluster;
  const newcomers: TestTab[] = [];
  before(async () => {
    redis = await RedisCluster.start();
  });
  beforeEach(async () => {
    // Who has been killed has forgotten it.
    await redis.everywhere('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
    cluster = await Cluster.start({ ...longHistory, REDIS_URL: redis.url });
  });
  afterEach(async (t) => {
    keepEvidence(t, cluster);
    for (const { socket } of newcomers.splice(0)) socket.terminate();
    await cluster.close();
    await redis.heal();
  });
  after(() => redis.close());

  /** Kills whoever has the slots of some names, with its replica; resolves when the gateways and the other nodes know. */
  async function killOwnerOf(...ofIt: string[]): Promise<void> {
    const owners = await Promise.all(ofIt.map((name) => redis.ownerOf(slotOf(name))));
    const [victim] = owners as [RedisServer];
    assert.ok(owners.every((owner) => owner === victim));
    const replica = await redis.replicaOf(victim);
    await replica.kill();
    await victim.kill();
    // A third of them: 5461 or 5462.
    await redis.says('cluster_slots_fail:546', [victim, replica]);
    await until('the gateways to notice', () =>
      cluster.gateways.every(({ log }) => log.some(({ state }) => state === 'down')),
    );
  }

  /** A tab that begins to connect. */
  async function come(user: string, groups: string[] = []): Promise<TestTab> {
    const tab = TestTab.connect(cluster.gateways[0].socketUrl, { token: await tokenFor(user, { groups }) });
    newcomers.push(tab);
    return tab;
  }

  /** The answer of the second gateway to a send, or to another request. */
  async function codeOf(answer: Promise<Response>): Promise<string> {
    const response = await answer;
    const { code } = (await response.json()) as { code?: string };
    return `${response.status}${code === undefined ? '' : ` ${code}`}`;
  }
  const sendTo = (to: object, action = 'hello') => codeOf(cluster.gateways[1].send({ to, action }));
  const put = (user: string) =>
    codeOf(cluster.gateways[1].api(`/v1/groups/red/users/${user}`, { method: 'PUT' }));
  const revoke = (user: string) =>
    codeOf(cluster.gateways[1].api('/v1/revoke', { method: 'POST', body: JSON.stringify({ user }) }));

  /** Nothing was lost in silence, and the gateways are well. */
  async function expectExact(): Promise<void> {
    await cluster.expectExact();
    cluster.expectHealthy();
  }

  test('that of `all`: nobody is let in, and whoever is there hears all else', async () => {
    await killOwnerOf(names.channel('all'), names.channel('registered'));
    const waiting = await come('joe');
    assert.equal(await sendTo({ all: true }), '503 broker-unavailable');
    assert.equal(await sendTo({ user: 'joe' }, 'early'), '200');
    assert.equal(await put('joe'), '200');
    assert.equal(await revoke('cleo'), '200');
    const [tab] = cluster.tabs;
    assert.equal(await sendTo({ group: 'red' }), '200');
    await until('it', () => tab!.frames.some(({ action }) => action === 'hello'));
    assert.deepEqual(waiting.frames, []);

    await redis.heal();
    await cluster.flowing();
    assert.deepEqual((await waiting.welcome()).groups, ['red']);
    assert.equal(await sendTo({ all: true }, 'again'), '200');
    await waiting.next('again');
    await expectExact();
    cluster.expectConnected();
    const outcomes = cluster.traffic.streams[3]!.sends.map(({ outcome }) => outcome);
    assert.deepEqual([...new Set(outcomes)], ['accepted']);
    for (const { frames } of cluster.tabs)
      assert.ok(frames.every(({ action, at }) => action !== 'sys/gap' || at?.[0] !== 'group:red'));
  });

  test('that of a group: whoever is in it waits for the welcome, all others are let in', async () => {
    await killOwnerOf(names.channel('group:red'), names.leases, names.groups('cleo'));
    const [returning, ...residents] = cluster.tabs;
    returning!.drop();
    const [waiting, other] = [await come('dan', ['red']), await come('dan')];
    await other.welcome();
    assert.equal(await sendTo({ user: 'dan' }), '200');
    assert.equal(await sendTo({ all: true }), '200');
    for (let i = 0; i < 2; i++) await other.next('hello');
    assert.equal(await sendTo({ group: 'red' }), '503 broker-unavailable');
    // What is known of a user is where the user is.
    assert.equal(await put('dan'), '200');
    assert.equal(await put('cleo'), '503 broker-unavailable');
    assert.equal(await revoke('dan'), '503 broker-unavailable');
    assert.deepEqual(waiting.frames, []);
    assert.equal(returning!.welcomed, false);

    await redis.heal();
    await cluster.flowing();
    assert.deepEqual((await waiting.welcome()).groups, ['red']);
    assert.deepEqual((await other.next('sys/join')).details[0], 'red');
    assert.equal(await sendTo({ group: 'red' }, 'again'), '200');
    for (const tab of [waiting, other]) await tab.next('again');
    await expectExact();
    for (const tab of residents) {
      assert.equal(tab.connections.length, 1);
      assert.deepEqual(tellings(tab), { 'group:red': 1 });
    }
    assert.equal(await revoke('dan'), '200');
    for (const tab of [waiting, other]) assert.equal((await tab.closed).code, 4403);
  });
});
