import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../support/free-port.js';
import type { GatewayProcess } from '../support/gateway.js';
import { PerTest } from '../support/per-test.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** A gateway that cannot start says why and ends; one that only has to wait for Redis waits, and says that it does. */
describe('a start that meets trouble', { timeout: 60_000 }, () => {
  const perTest = new PerTest();

  /** A gateway that waits for its Redis; its internal port is open. */
  async function launchWithoutRedis(): Promise<GatewayProcess> {
    await perTest.redis.kill();
    const internal = await freePort();
    const gateway = perTest.launch({ INTERNAL_PORT: String(internal) });
    gateway.internalPort = internal;
    await until('the internal port to open', () => gateway.api('/healthz'));
    return gateway;
  }

  async function expectRefusal(gateway: GatewayProcess, sentence: RegExp): Promise<void> {
    await until('the process to end', () => !gateway.running);
    assert.equal(await gateway.exited(), 1);
    assert.match(gateway.errors, sentence);
    assert.equal(gateway.errors.trimEnd().split('\n').length, 1, 'a sentence, not a stack');
  }

  test('Redis does not know the password', async () => {
    await perTest.redis.cli('ACL', 'SETUSER', 'known', 'on', '>right');
    const gateway = perTest.launch({ REDIS_URL: `redis://known:wrong@127.0.0.1:${perTest.redis.port}` });
    await expectRefusal(gateway, /^tabcast: Redis refuses user "known": wrong name or password\./);
    assert.doesNotMatch(gateway.errors + JSON.stringify(gateway.log), /:wrong/);
  });

  test('the public port is taken', async () => {
    const first = perTest.launch();
    await first.listening();
    const second = perTest.launch({ PUBLIC_PORT: String(first.publicPort) });
    await expectRefusal(second, new RegExp(`^tabcast: Port ${first.publicPort} on 127.0.0.1 is in use`));
  });

  test('Redis is away: alive but not ready, until it comes', async () => {
    const gateway = await launchWithoutRedis();
    assert.equal((await gateway.api('/healthz')).status, 200);
    const starting = await gateway.api('/readyz');
    assert.equal(starting.status, 503);
    assert.deepEqual(await starting.json(), { status: 'starting', degraded: true });
    const refused = await gateway.send({ to: { all: true }, action: 'hi' });
    assert.equal(refused.status, 503);
    await perTest.redis.restart();
    await gateway.listening();
    assert.equal((await gateway.api('/readyz')).status, 200);
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });
    assert.equal((await gateway.send({ to: { user: 'ann' }, action: 'hi' })).status, 200);
    await tab.next('hi');
    tab.socket.terminate();
  });

  test('Redis stays away: SIGTERM ends the wait', async () => {
    const gateway = await launchWithoutRedis();
    await gateway.kill('SIGTERM');
    assert.equal(await gateway.exited(), 0);
  });
});
