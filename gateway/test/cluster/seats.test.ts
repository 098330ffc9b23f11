import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** So many tabs of a user in the cluster, and not one more, whichever gateways they come to and however many at once. */

const cap = 10;
const crowd = 50;

const policies = ['reject', 'close-oldest'] as const;
type Policy = (typeof policies)[number];

/** What happens to one tab too many. */
const ends = {
  reject: { code: 4409, reason: 'too-many-tabs' },
  'close-oldest': { code: 4410, reason: 'replaced' },
} as const;

describe('tabs of one user', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let users = 0;

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());

  function start(policy: Policy): Promise<GatewayProcess> {
    return GatewayProcess.start({
      ...{ REDIS_URL: redis.url, REDIS_PREFIX: policy, ANONYMOUS: 'true' },
      ...{ MAX_TABS_PER_USER: String(cap), MAX_TABS_POLICY: policy },
    });
  }

  const isOpen = ({ socket }: TestTab) => socket.readyState === WebSocket.OPEN;
  const wasWelcomed = ({ frames }: TestTab) => frames.some(({ action }) => action === 'sys/welcome');

  for (const policy of policies)
    describe(policy, () => {
      let gateways: GatewayProcess[];

      before(async () => {
        gateways = await Promise.all([start(policy), start(policy)]);
      });
      after(() => Promise.all(gateways.map((gateway) => gateway.kill())));

      /** Tabs of a new user, in turns on all gateways. */
      async function come(count: number, token: string): Promise<TestTab[]> {
        const tabs = Array.from({ length: count }, (_, index) =>
          TestTab.connect(gateways[index % gateways.length]!.socketUrl, { token }),
        );
        await Promise.all(tabs.map((tab) => Promise.race([tab.welcome().catch(() => {}), tab.closed])));
        return tabs;
      }

      /** The tabs that a send to the user reaches. */
      async function reached(tabs: readonly TestTab[], user: string): Promise<TestTab[]> {
        await gateways[0]!.send({ to: { user }, action: 'who is there' });
        await gateways[0]!.send({ to: { user }, action: 'that is all' });
        await Promise.all(tabs.filter(isOpen).map((tab) => tab.next('that is all')));
        return tabs.filter(({ frames }) => frames.some(({ action }) => action === 'who is there'));
      }

      for (let round = 1; round <= 3; round++)
        test(`of fifty tabs at once on two gateways exactly ten remain, ${round}`, async () => {
          const user = `user-${users++}`;
          const tabs = await come(crowd, await tokenFor(user));
          await until('the others to be gone', () => tabs.filter(isOpen).length <= cap);
          const remaining = await reached(tabs, user);
          assert.equal(remaining.length, cap);
          const others = tabs.filter((tab) => !remaining.includes(tab));
          for (const tab of others) assert.deepEqual(await tab.closed, ends[policy]);
          if (policy === 'reject') assert.deepEqual(others.filter(wasWelcomed), []);
          for (const gateway of gateways) assert.equal(await gateway.metric('tabcast_seats_unsure_total'), 0);
          await Promise.all(remaining.map((tab) => tab.close()));
        });

      test('users do not count for each other, and strangers count for nobody', async () => {
        const token = await tokenFor(`user-${users++}`);
        const others = await come(1, await tokenFor(`user-${users++}`));
        const strangers = await Promise.all(
          gateways.flatMap(({ socketUrl }) => Array.from({ length: cap }, () => TestTab.open(socketUrl, {}))),
        );
        const tabs = await come(cap, token);
        const all = [...tabs, ...others, ...strangers];
        assert.equal(all.filter(isOpen).length, all.length);
        await Promise.all(all.map((tab) => tab.close()));
      });

      test('a stranger who becomes one of the tabs of the user counts from then on', async () => {
        const token = await tokenFor(`user-${users++}`);
        const tabs = await come(cap, token);
        const stranger = await TestTab.open(gateways[0]!.socketUrl, {});
        stranger.send('sys/auth', [token]);
        const loser = policy === 'reject' ? stranger : await Promise.any(tabs.map(closedOne));
        assert.deepEqual(await loser.closed, ends[policy]);
        assert.equal([...tabs, stranger].filter(isOpen).length, cap);
        await Promise.all([...tabs, stranger].filter(isOpen).map((tab) => tab.close()));
      });

      test('the tabs of a gateway that was killed do not count any more', async () => {
        const token = await tokenFor(`user-${users++}`);
        const doomed = gateways.pop()!;
        await Promise.all(Array.from({ length: cap }, () => TestTab.open(doomed.socketUrl, { token })));
        await doomed.kill();
        const tabs = await come(cap, token);
        assert.equal(tabs.filter(isOpen).length, cap);
        const [last] = await come(1, token);
        if (policy === 'reject') assert.equal((await last!.closed).code, 4409);
        else await Promise.any(tabs.map(({ closed }) => closed));
        assert.equal([...tabs, last!].filter(isOpen).length, cap);
      });
    });
});

async function closedOne(tab: TestTab): Promise<TestTab> {
  await tab.closed;
  return tab;
}
