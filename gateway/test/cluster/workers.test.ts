import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RedisServer, startRedis } from '../support/redis.js';
import { aliveBy } from '../support/roster.js';
import { until } from '../support/until.js';
import { TwoWorkers } from '../support/workers.js';

/** Several gateways behind one pair of ports: to tabs, backends and operators they are one. */

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

describe('two workers', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let workers: TwoWorkers;

  before(async () => {
    redis = await startRedis();
    workers = await TwoWorkers.start({ REDIS_URL: redis.url, HANDLERS: application });
  });
  after(async () => {
    for (const tab of workers.tabs) tab.socket.terminate();
    await workers.gateway.kill('SIGTERM');
    await redis.close();
  });

  const metric = (name: string) => workers.gateway.metric(name);

  test('tabs land on both, sends to either reach all, and one page tells of both', async () => {
    await workers.open();
    await workers.expectSendsToArrive(8);
    const { length } = workers.tabs;
    assert.equal(await metric('tabcast_workers'), 2);
    assert.equal(await metric('tabcast_tabs'), length);
    assert.equal(await metric('tabcast_tabs_opened_total'), length);
    assert.equal(await metric('tabcast_deliveries_total'), length * 8);
    assert.equal(await metric('tabcast_sends_total{outcome="accepted"}'), 8);
    assert.equal(await metric('tabcast_broker_live'), 1);
  });

  test('each is a gateway of its own to the cluster', async () => {
    const ids = [...workers.ids(1), ...workers.ids(2)].toSorted();
    await until(
      'both to know each other',
      async () => String((await aliveBy(workers.gateway)).toSorted()) === String(ids),
    );
  });

  test('nothing of the configuration stands on the command line of a worker', () => {
    const commandLine = readFileSync(`/proc/${workers.pid(1)}/cmdline`, 'utf8').split('\0');
    assert.deepEqual(commandLine.slice(2), ['worker', '']);
  });

  test('workers hear signals from their supervisor only: Ctrl-C in a terminal reaches all processes', async () => {
    await workers.open();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      for (const worker of [1, 2]) process.kill(workers.pid(worker), signal);
    await workers.expectSendsToArrive();
  });

  test('one is killed: the other notices nothing, and a successor takes its place', async (context) => {
    await workers.open();
    const counted = await metric('tabcast_deliveries_total');
    const [lost, kept] = [workers.on(1), workers.on(2)];
    const killed = Date.now();
    const back = await workers.successor(1, () => process.kill(workers.pid(1), 'SIGKILL'));
    context.diagnostic(`listens again after ${back - killed} ms`);
    for (const tab of lost) assert.equal((await tab.closed).code, 1006);
    assert.notEqual(workers.ids(1)[0], workers.ids(1)[1], 'a gateway of its own');
    assert.equal((await workers.gateway.api('/readyz')).status, 200);

    workers.tabs = kept;
    await workers.open();
    await workers.expectSendsToArrive(8);
    await until('both on the page', async () => (await metric('tabcast_workers')) === 2);
    assert.equal(await metric('tabcast_tabs'), workers.tabs.length);
    const expected = counted! + 8 * workers.tabs.length;
    assert.equal(await metric('tabcast_deliveries_total'), expected, 'what the dead one counted is not lost');
  });

  test('one crashes: it says why, closes its tabs, and a successor takes its place', async (context) => {
    await workers.open();
    const [kept, lost] = [workers.on(1), workers.on(2)];
    const { gateway } = workers;
    const back = await workers.successor(2, () => lost[0]!.send('crash'));
    for (const tab of lost) assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
    const crashed = await gateway.line(({ msg }) => msg === 'crashed');
    assert.equal(crashed.level, 60);
    assert.equal(crashed['worker'], 2);
    assert.equal((crashed['err'] as Error).message, 'crashed on purpose');
    context.diagnostic(`listens again after ${back - Date.parse(String(crashed['time']))} ms`);
    const ended = await gateway.line(({ msg, worker }) => msg === 'worker ended' && worker === 2);
    assert.equal(ended['code'], 1);
    workers.tabs = kept;
    await workers.expectSendsToArrive();
  });

  test('SIGTERM: each is told once, closes its tabs, and all end with 0', async () => {
    await workers.open();
    const { gateway, tabs } = workers;
    await gateway.kill('SIGTERM');
    assert.equal(await gateway.exited(), 0);
    for (const tab of tabs) assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
    const stopping = gateway.log.filter(({ msg, worker }) => msg === 'stopping' && worker !== undefined);
    assert.deepEqual(stopping.map(({ worker }) => worker).toSorted(), [1, 2]);
    assert.equal(gateway.errors, '');
  });
});
