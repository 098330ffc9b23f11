import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { freePort } from '../support/free-port.js';
import { GatewayProcess } from '../support/gateway.js';
import { withoutPositions } from '../support/receipt.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';

/** What a gateway leaves behind when it dies, and when it is asked to go. */
describe('a gateway that goes', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let gateways: [GatewayProcess, GatewayProcess];
  /** Of the first gateway, for a successor. A port that the system chose could not be taken over at once. */
  let port: string;
  const tabs: TestTab[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    port = String(await freePort());
    const options = { REDIS_URL: redis.url };
    gateways = [
      await GatewayProcess.start({ ...options, PUBLIC_PORT: port }),
      await GatewayProcess.start(options),
    ];
  });
  afterEach(async () => {
    for (const tab of tabs.splice(0)) tab.socket.terminate();
    for (const gateway of gateways) await gateway.kill();
    await redis.close();
  });

  async function open(gateway: GatewayProcess, user: string, groups: string[] = []): Promise<TestTab> {
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor(user, { groups }) });
    tabs.push(tab);
    return tab;
  }

  const subscriptions = async () => (await redis.cli('PUBSUB', 'CHANNELS', '*')) as string[];

  test('killed: no subscription stays behind, and its users are nowhere at once', async () => {
    const [dying, living] = gateways;
    const before = (await subscriptions()).length;
    const lost = await Promise.all(
      ['ann', 'bob', 'cid'].map((user) => open(dying, user, ['red', `of ${user}`])),
    );
    assert.equal((await subscriptions()).length, before + 3 + 4 + 2, 'users, groups, all and registered');
    await dying.kill();
    const answer = await living.send({ to: { users: ['ann', 'bob'], group: 'red' }, action: 'hi' });
    assert.deepEqual(withoutPositions(await answer.json()), {
      'user:ann': { gateways: 0 },
      'user:bob': { gateways: 0 },
      'group:red': { gateways: 0 },
    });
    const left = await subscriptions();
    const own = left.filter((name) => name.includes(living.id));
    // Beside their own channels all gateways have one in common.
    assert.deepEqual([left.length, own.length], [(before + 1) / 2, (before - 1) / 2], left.join());
    assert.deepEqual(
      await Promise.all(lost.map(async ({ closed }) => (await closed).code)),
      [1006, 1006, 1006],
    );
  });

  test('killed: its tabs find everything on the other gateway, and a successor takes over its port', async () => {
    const [dying, living] = gateways;
    const lost = await open(dying, 'ann', ['red']);
    await dying.kill();
    await lost.closed;
    const successor = await GatewayProcess.start({ REDIS_URL: redis.url, PUBLIC_PORT: port });
    gateways = [successor, living];
    const back = [await open(living, 'ann', ['red']), await open(successor, 'ann', ['red'])];
    const answer = await living.send({ to: { user: 'ann', group: 'red' }, action: 'hi', details: [1] });
    assert.deepEqual(withoutPositions(await answer.json()), {
      'user:ann': { gateways: 2 },
      'group:red': { gateways: 2 },
    });
    for (const tab of back) assert.deepEqual((await tab.next('hi')).details, [1]);
  });

  test('SIGTERM: every tab is told, whoever was about to come is cut off, and the process ends with 0', async () => {
    const [leaving, living] = gateways;
    const welcomed = [await open(leaving, 'ann'), await open(leaving, 'bob')];
    const waiting = TestTab.connect(leaving.socketUrl);
    await new Promise((resolve) => waiting.socket.once('open', resolve));
    await leaving.kill('SIGTERM');
    assert.equal(await leaving.exited(), 0);
    for (const tab of [...welcomed, waiting])
      assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
    assert.equal(leaving.errors, '');
    const answer = await living.send({ to: { users: ['ann', 'bob'] }, action: 'hi' });
    assert.deepEqual(withoutPositions(await answer.json()), {
      'user:ann': { gateways: 0 },
      'user:bob': { gateways: 0 },
    });
  });
});
