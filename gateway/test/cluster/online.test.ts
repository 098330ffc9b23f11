import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watcher } from '../support/application.js';
import { GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Who is told to be online and offline, counted exactly: two gateways, whose application tells a watching tab of every
 * event. What happens when gateways end is in long/online-ends.test.ts.
 */

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

describe('online and offline, once per cluster', () => {
  let redis: RedisServer;
  let gateways: [GatewayProcess, GatewayProcess];
  let watching: TestTab;

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url, HANDLERS: application, OFFLINE_DELAY: '1500' };
    gateways = [await GatewayProcess.start(options), await GatewayProcess.start(options)];
    watching = await TestTab.open(gateways[0].socketUrl, { token: await tokenFor(watcher) });
  });

  after(async () => {
    for (const gateway of gateways) await gateway.kill();
    await redis.close();
  });

  const open = async (user: string, at: 0 | 1) =>
    TestTab.open(gateways[at].socketUrl, { token: await tokenFor(user) });

  /** What was told of a user, in order. */
  const told = (user: string) =>
    watching.frames
      .filter(({ action, details }) => ['online', 'offline'].includes(action) && details[0] === user)
      .map(({ action }) => action);

  const isTold = (user: string, ...events: string[]) =>
    until(`${user} to be ${events.at(-1)}`, () => told(user).length >= events.length).then(() =>
      assert.deepEqual(told(user), events),
    );

  describe('while all is well', { concurrency: true }, () => {
    test('the first tab and the last one, wherever they are', async () => {
      const tabs = [await open('ann', 0), await open('ann', 1), await open('ann', 1), await open('ann', 0)];
      await isTold('ann', 'online');
      for (const tab of tabs) await tab.close();
      await isTold('ann', 'online', 'offline');
      await (await open('ann', 1)).close();
      await isTold('ann', 'online', 'offline', 'online', 'offline');
    });

    test('reloading pages are no event, however often and wherever they come back', async () => {
      const users = Array.from({ length: 10 }, (_, i) => `reloading ${i}`);
      await Promise.all(
        users.map(async (user, index) => {
          let tab = await open(user, 0);
          for (let i = 1; i <= 20; i++) {
            await tab.close();
            tab = await open(user, ((i * (index + 1)) % 3 === 0 ? 0 : 1) as 0 | 1);
          }
          await tab.close();
        }),
      );
      await Promise.all(users.map((user) => isTold(user, 'online', 'offline')));
    });

    test('an anonymous tab that logs in comes online', async () => {
      const lenient = await GatewayProcess.start({
        ...{ REDIS_URL: redis.url, HANDLERS: application, ANONYMOUS: 'true' },
      });
      const tab = await TestTab.open(lenient.socketUrl, {});
      tab.send('sys/auth', [await tokenFor('bea')]);
      await isTold('bea', 'online');
      await lenient.kill('SIGTERM');
    });
  });

  test('a Redis that is restarted and has forgotten everything: who left meanwhile is offline, who stayed is not', async () => {
    const [leaves, stays] = [await open('lea', 1), await open('stu', 1)];
    await isTold('lea', 'online');
    await isTold('stu', 'online');
    await redis.kill();
    await until('the gateways to notice', async () => {
      const live = await Promise.all(gateways.map((gateway) => gateway.metric('tabcast_broker_live')));
      return live.every((value) => value === 0);
    });
    await leaves.close();
    await redis.restart();
    await isTold('lea', 'online', 'offline');
    await isTold('stu', 'online', 'online');
    await stays.close();
    await isTold('stu', 'online', 'online', 'offline');
  });
});
