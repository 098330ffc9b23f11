import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watcher } from '../support/application.js';
import { GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Who goes offline when gateways end: one is killed, one leaves in order, two stay. Every event is counted, on a tab that
 * watches from one of those that stay. Slow, because the lease of a killed gateway lasts 7 s.
 */

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

describe('online and offline, when gateways end', () => {
  let redis: RedisServer;
  let stays: GatewayProcess;
  let staysToo: GatewayProcess;
  let dies: GatewayProcess;
  let leaves: GatewayProcess;
  let watching: TestTab;

  before(async () => {
    redis = await startRedis();
    const options = {
      REDIS_URL: redis.url,
      HANDLERS: application,
      OFFLINE_DELAY: '1500',
      DRAIN_WINDOW: '1000',
    };
    const start = () => GatewayProcess.start(options);
    [stays, staysToo, dies, leaves] = [await start(), await start(), await start(), await start()];
    watching = await TestTab.open(stays.socketUrl, { token: await tokenFor(watcher) });
  });

  after(async () => {
    for (const gateway of [stays, staysToo, dies, leaves]) await gateway.kill();
    await redis.close();
  });

  const open = async (user: string, { socketUrl }: GatewayProcess) =>
    TestTab.open(socketUrl, { token: await tokenFor(user) });

  const told = () =>
    watching.frames
      .filter(({ action, details }) => ['online', 'offline'].includes(action) && details[0] !== watcher)
      .map(({ action, details }) => `${details[0]} ${action}`);

  test('each user who is nowhere else any more, once, and nobody else', async () => {
    const several = (kind: string) => Array.from({ length: 5 }, (_, i) => `${kind} ${i}`);
    const [killed, dismissed] = [several('killed'), several('dismissed')];
    for (const user of killed) await open(user, dies);
    for (const user of dismissed) await open(user, leaves);
    for (const gateway of [dies, staysToo]) await open('elsewhere', gateway);
    const moving = [await open('moving', dies), await open('moving too', leaves)];
    const users = [...killed, ...dismissed, 'elsewhere', 'moving', 'moving too'];
    await until('all of them to be online', () => told().length >= users.length);
    assert.deepEqual(told().toSorted(), users.map((user) => `${user} online`).toSorted());

    const [, left] = await Promise.all([dies.kill('SIGKILL'), leaves.kill('SIGTERM')]);
    assert.equal(left, undefined);
    await Promise.all(moving.map(({ closed }) => closed));
    for (const user of ['moving', 'moving too']) await open(user, staysToo);

    const gone = [...killed, ...dismissed].map((user) => `${user} offline`);
    const isOver = () => gone.every((event) => told().includes(event));
    await until('all who are nowhere else to be offline', isOver, 25_000);
    // Whatever came too often has come by the time that another user has been there and has gone.
    await (await open('last', staysToo)).close();
    await until('the last one to be offline', () => told().at(-1) === 'last offline');
    assert.deepEqual(
      told().slice(users.length).toSorted(),
      [...gone, 'last online', 'last offline'].toSorted(),
    );
  });

  test('when none is left, the next one that starts finds who did not come back', async (t) => {
    const tabs = [await open('comes back', staysToo), await open('does not', staysToo)];
    const areOnline = () => ['comes back', 'does not'].every((user) => told().includes(`${user} online`));
    await until('both to be online', areOnline);
    for (const gateway of [stays, staysToo]) await gateway.kill('SIGKILL');
    await Promise.all(tabs.map(({ closed }) => closed));
    const next = await GatewayProcess.start({
      ...{ REDIS_URL: redis.url, HANDLERS: application, OFFLINE_DELAY: '1500' },
    });
    t.after(() => next.kill());
    watching = await TestTab.open(next.socketUrl, { token: await tokenFor(watcher) });
    await open('comes back', next);
    await until('who did not come back to be offline', () => told().includes('does not offline'), 25_000);
    await (await open('last', next)).close();
    await until('the last one to be offline', () => told().at(-1) === 'last offline');
    const others = ['elsewhere offline', 'moving offline', 'moving too offline'];
    assert.deepEqual(
      told().toSorted(),
      [...others, 'does not offline', 'last online', 'last offline'].toSorted(),
    );
  });
});
