import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '@tabcast/shared';
import { Cluster } from '../support/cluster.js';
import { GatewayProcess } from '../support/gateway.js';
import { TestTab, tokenFor } from '../support/tab.js';
import type { BatchAnswer, Stream } from '../support/traffic.js';
import { until } from '../support/until.js';

/** What becomes of traffic while somebody, or another program, changes things in the Redis that carries it. */
describe('F27: somebody meddles with Redis under traffic', { timeout: 120_000 }, () => {
  let cluster: Cluster;

  beforeEach(async () => {
    cluster = await Cluster.start();
  });
  afterEach(() => cluster.close());

  async function expectAllIsWell(t: TestContext, since: number): Promise<void> {
    await cluster.flowing(1);
    await cluster.heard();
    t.diagnostic(`accepted and heard again after ${Math.round(performance.now() - since)} ms`);
    await cluster.flowing();
    // Sends need no registry.
    for (const gateway of cluster.gateways)
      await until('its registry to answer', async () => {
        return (await gateway.api('/v1/groups/blue/users/bob', { method: 'PUT' })).status === 200;
      });
    cluster.expectConnected();
    await cluster.expectExact();
    cluster.expectHealthy();
    t.diagnostic(cluster.counts());
  }

  const streams = () => cluster.traffic.streams;
  const refused = () => streams().flatMap(({ answers }) => answers.filter(({ status }) => status !== 200));
  const losses = () =>
    Promise.all(cluster.gateways.map((gateway) => gateway.metric('tabcast_broker_losses_total')));
  const gapsOf = ({ frames }: { frames: readonly Frame[] }) =>
    frames.filter(({ action }) => action === 'sys/gap').map(({ at }) => at![0]);
  /** What every gateway has complained of about Redis. */
  const complaints = () =>
    cluster.gateways.map(({ log }) =>
      log.filter(({ msg }) => msg === 'trouble with Redis').map(({ reason }) => String(reason)),
    );

  test('SCRIPT FLUSH: nobody notices', async (t) => {
    for (let times = 0; times < 5; times++) {
      await cluster.redis.cli('SCRIPT', 'FLUSH');
      await cluster.flowing();
    }
    await expectAllIsWell(t, performance.now());
    assert.deepEqual(refused(), []);
    assert.deepEqual(await losses(), [0, 0]);
    for (const tab of cluster.tabs) assert.deepEqual(gapsOf(tab), []);
  });

  test('FLUSHALL: nothing is refused, and every tab is told of the gap in every channel', async (t) => {
    await cluster.redis.cli('FLUSHALL');
    await expectAllIsWell(t, performance.now());
    assert.deepEqual(refused(), []);
    assert.deepEqual(await losses(), [0, 0]);
    for (const tab of cluster.tabs)
      for (const channel of ['all', 'user:ann', 'group:red'])
        assert.ok(gapsOf(tab).includes(channel), `${gapsOf(tab)}`);
  });

  for (const [what, ...rules] of [
    ['scripts', '-eval', '-evalsha'],
    ['PUBLISH', '-publish'],
    ['all keys', 'resetkeys'],
    ['all redis channels', 'resetchannels'],
  ] as const)
    test(`${what} forbidden: refused, said in the log, and healed by itself`, async (t) => {
      const from = streams().map(({ answers }) => answers.length);
      await cluster.redis.cli('ACL', 'SETUSER', 'default', ...rules);
      for (const [index, stream] of streams().entries()) await refusedFrom(stream, from[index]!);
      await until('both to say why', () =>
        complaints().every((reasons) => reasons.some((reason) => reason.includes('lacks a permission'))),
      );
      await cluster.redis.cli('ACL', 'SETUSER', 'default', '+@all', 'allkeys', 'allchannels');
      await expectAllIsWell(t, performance.now());
    });

  for (const [what, pattern] of [
    ['head', '*:h:group:red'],
    ['history', '*:k:group:red'],
  ] as const)
    test(`something else in the place of the ${what} of a channel: only that one is refused, until it is gone`, async (t) => {
      const [name] = (await cluster.redis.cli('KEYS', pattern)) as [string];
      const from = streams().map(({ answers }) => answers.length);
      await cluster.redis.cli(
        'EVAL',
        "redis.call('DEL', KEYS[1]) redis.call('SADD', KEYS[1], 'a')",
        '1',
        name,
      );
      await refusedFrom(streams()[3]!, from[3]!);
      for (const [index, { answers }] of streams().slice(0, 3).entries())
        assert.deepEqual(answers.slice(from[index]).filter(isRefusal), []);
      const answer = await cluster.gateways[0].send({ to: { group: 'red' }, action: 'refused' });
      assert.match(
        ((await answer.json()) as { detail: string }).detail,
        /something else where it should be kept/,
      );
      const tab = await TestTab.open(cluster.gateways[0].socketUrl, { token: await tokenFor('eve') });
      tab.socket.terminate();
      assert.deepEqual(await losses(), [0, 0]);
      await until('it to be said', () =>
        complaints()[1]!.some((reason) => reason.startsWith('WRONGTYPE') && reason.includes(name)),
      );
      await cluster.redis.cli('DEL', name);
      await expectAllIsWell(t, performance.now());
    });

  test('something else in the place of the revocations: a gateway that starts says so, and waits until it is gone', async (t) => {
    const { redis } = cluster;
    await redis.cli('SET', 'tabcast:{registry}:revocations', 'x');
    const gateway = GatewayProcess.launch({ REDIS_URL: redis.url });
    t.after(() => gateway.kill());
    await gateway.line(({ reason }) => /^WRONGTYPE.*:revocations/.test(String(reason)));
    await redis.cli('DEL', 'tabcast:{registry}:revocations');
    await gateway.listening();
    assert.equal(gateway.errors, '');
  });

  test('all connections broken at once: refused for a moment, nothing lost', async (t) => {
    await cluster.redis.cutOff();
    const since = performance.now();
    await until('both gateways to notice', async () => (await losses()).every((count) => count === 1));
    await expectAllIsWell(t, since);
    for (const { code } of refused()) assert.match(code!, /^(outcome-unknown|broker-unavailable)$/);
  });

  test('idle connections closed after a second: nothing is refused', async (t) => {
    await cluster.redis.config('timeout', '1');
    await pause(2500);
    await expectAllIsWell(t, performance.now());
    assert.deepEqual(refused(), []);
    assert.deepEqual(await losses(), [0, 0]);
  });

  /** Waits until a stream was refused again and again, as something that time heals. */
  async function refusedFrom({ name, answers }: Stream, from: number): Promise<void> {
    const refusals = () => answers.slice(from).filter(isRefusal);
    await until(`${name} to be refused`, () => refusals().length >= 20);
    for (const { code, retryAfter } of refusals()) {
      assert.match(code!, /^(outcome-unknown|broker-unavailable)$/);
      assert.equal(retryAfter, '1');
    }
  }
});

function isRefusal({ status }: BatchAnswer): boolean {
  return status !== 200;
}
