import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { nodesOf } from '../support/roster.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { tabcast } from '../unit/cli-process.js';

/** Who is alive, as gateways that share a Redis tell it. */
describe('the roster', { timeout: 30_000 }, () => {
  let redis: RedisServer;
  let a: GatewayProcess;
  let b: GatewayProcess;
  const tabs: TestTab[] = [];

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url, MAX_TABS: '100', DRAIN_LAME_DUCK: '0', DRAIN_WINDOW: '1' };
    [a, b] = await Promise.all([GatewayProcess.start(options), GatewayProcess.start(options)]);
    for (const user of ['ann', 'ann', 'bob'])
      tabs.push(await TestTab.open(a.socketUrl, { token: await tokenFor(user) }));
  });
  after(async () => {
    for (const tab of tabs) tab.socket.terminate();
    await Promise.all([a.kill(), b.kill()]);
    await redis.close();
  });

  test('every gateway knows all of them, with their load, and which one it is itself', async () => {
    const answers = await until('both to know of the tabs and of what they get', async () => {
      await a.send({ to: { user: 'ann' }, action: 'x' });
      const answers = [await nodesOf(a), await nodesOf(b)];
      return answers.every(({ totals }) => totals.tabs === 3 && totals.deliveriesPerSecond > 0)
        ? answers
        : undefined;
    });
    for (const [index, { gateways, totals, degraded }] of answers!.entries()) {
      assert.equal(degraded, false);
      assert.deepEqual(
        gateways.map(({ id }) => id),
        [a.id, b.id].toSorted(),
      );
      assert.deepEqual(
        gateways.filter(({ self }) => self).map(({ id }) => id),
        [[a.id, b.id][index]],
      );
      const busy = gateways.find(({ id }) => id === a.id)!;
      assert.deepEqual([busy.tabs, busy.users, busy.capacity, busy.state], [3, 2, 100, 'ready']);
      assert.ok(busy.memory > 10e6 && busy.beatAge >= 0 && busy.started < Date.now());
      assert.match(busy.version, /^\d+\.\d+\.\d+/);
      assert.equal(totals.capacity, 200);
    }
  });

  test('it is asked for with a key only, and tabcast nodes prints it', async () => {
    const path = `http://127.0.0.1:${a.internalPort}`;
    assert.equal((await fetch(`${path}/v1/nodes`)).status, 401);
    const { code, out } = await tabcast(['nodes', '--url', path, '--key', apiKey]);
    assert.equal(code, 0);
    for (const { id } of [a, b]) assert.match(out, new RegExp(`^${id} .*ready`, 'm'));
  });

  test('metrics say how many there are', async () => {
    for (const gateway of [a, b]) {
      assert.equal(await gateway.metric('tabcast_gateways'), 2);
      assert.equal(await gateway.metric('tabcast_degraded'), 0);
      assert.ok((await gateway.metric('tabcast_beats_total{outcome="succeeded"}'))! > 0);
    }
    assert.equal(await a.metric('tabcast_tabs_capacity_ratio'), 0.03);
  });

  test('a gateway that leaves takes its lease along', async () => {
    const c = await GatewayProcess.start({ REDIS_URL: redis.url });
    assert.equal(await redis.cli('HEXISTS', 'tabcast:{registry}:leases', c.id), 1);
    await c.kill('SIGTERM');
    assert.equal(await redis.cli('HEXISTS', 'tabcast:{registry}:leases', c.id), 0);
  });
});
