import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GatewayProcess } from '../support/gateway.js';
import { PerTest } from '../support/per-test.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { TwoWorkers } from '../support/workers.js';

/** Workers that cannot start, lose their supervisor, or hang; and a gateway that crashes alone. */

describe('a start of workers that meets trouble', { timeout: 60_000 }, () => {
  const perTest = new PerTest({ WORKERS: '2' });

  async function expectRefusal(gateway: GatewayProcess, code: number, sentence: RegExp): Promise<void> {
    assert.equal(await gateway.exited(), code);
    assert.match(gateway.errors, sentence);
    assert.equal(gateway.errors.match(/tabcast: /g)?.length, 1, 'said once');
  }

  test('a port is taken, by other workers or by a gateway that is alone', async () => {
    const [workers, alone] = [perTest.launch(), perTest.launch({ WORKERS: '1' })];
    await Promise.all([workers.listening(), alone.listening()]);
    for (const { publicPort, internalPort } of [workers, alone])
      for (const [name, port] of [
        ['PUBLIC_PORT', publicPort],
        ['INTERNAL_PORT', internalPort],
      ] as const) {
        const sentence = new RegExp(`^tabcast: Port ${port} on 127.0.0.1 is in use`);
        await expectRefusal(perTest.launch({ [name]: String(port) }), 1, sentence);
      }
  });

  test('Redis refuses the password: said by the first, and nobody tries again', async () => {
    await perTest.redis.cli('ACL', 'SETUSER', 'known', 'on', '>right');
    const gateway = perTest.launch({ REDIS_URL: `redis://known:wrong@127.0.0.1:${perTest.redis.port}` });
    await expectRefusal(gateway, 1, /^tabcast: Redis refuses user "known"/);
    assert.equal(gateway.log.filter(({ msg }) => msg === 'worker started').length, 1);
  });

  test('without Redis they could not meet', () =>
    expectRefusal(
      perTest.launch({ REDIS_URL: '' }),
      78,
      /expected a redis-url where there are several workers/,
    ));

  test('Redis stays away: SIGTERM ends the wait', async () => {
    await perTest.redis.kill();
    const gateway = perTest.launch();
    await gateway.line(({ msg }) => msg === 'worker started');
    await gateway.kill('SIGTERM');
    assert.equal(await gateway.exited(), 0);
  });
});

describe('two workers', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let workers: TwoWorkers;

  beforeEach(async () => {
    redis = await startRedis();
    workers = await TwoWorkers.start({ REDIS_URL: redis.url });
    await workers.open();
  });
  afterEach(async () => {
    for (const tab of workers.tabs) tab.socket.terminate();
    await workers.gateway.kill('SIGTERM');
    await redis.close();
  });

  test('lose their supervisor: they close their tabs and go', async () => {
    await workers.gateway.kill('SIGKILL');
    for (const tab of workers.tabs) assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
    await workers.gateway.exited();
    const { log } = workers.gateway;
    const gone = (msg: string) =>
      log.filter((line) => line.msg === msg && line['worker'] !== undefined).length;
    assert.deepEqual([gone('stopping'), gone('crashed')], [2, 0], 'in order');
  });

  test('one hangs: the page of the other tells what it had counted, and does without the rest', async () => {
    const { gateway, tabs } = workers;
    assert.equal(await gateway.metric('tabcast_tabs_opened_total'), tabs.length);
    process.kill(workers.pid(1), 'SIGSTOP');
    // The system deals them out: some go to the one that hangs, all of them hardly ever.
    const pages = Array.from({ length: 16 }, () => metrics(gateway, 5000));
    const page = await Promise.any(pages).finally(() => process.kill(workers.pid(1), 'SIGCONT'));
    assert.match(page, /^tabcast_workers 1$/m);
    assert.match(page, /^tabcast_workers_expected 2$/m);
    assert.match(page, new RegExp(`^tabcast_tabs ${workers.on(2).length}$`, 'm'));
    assert.match(page, new RegExp(`^tabcast_tabs_opened_total ${tabs.length}$`, 'm'));
    await until('both again', async () => (await gateway.metric('tabcast_workers')) === 2);
  });
});

/** @param patience in ms */
async function metrics(gateway: GatewayProcess, patience: number): Promise<string> {
  const headers = { connection: 'close' };
  const page = await gateway.api('/metrics', { signal: AbortSignal.timeout(patience), headers });
  return page.text();
}

test('a gateway that is alone crashes: it says why, closes its tabs, and ends with 1', async () => {
  const application = fileURLToPath(new URL('../support/application.js', import.meta.url));
  const gateway = await GatewayProcess.start({ HANDLERS: application });
  const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });
  tab.send('crash');
  assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
  assert.equal(await gateway.exited(), 1);
  const crashed = gateway.log.find(({ msg }) => msg === 'crashed');
  assert.match(JSON.stringify(crashed), /crashed on purpose/);
});
