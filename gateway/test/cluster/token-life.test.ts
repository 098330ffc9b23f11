import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Target } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type TabOptions, TestTab, tokenFor } from '../support/tab.js';

/**
 * Tokens on living connections: brought late, refreshed, expired. Sends come from the other gateway, so they also show
 * that a change of identity has reached Redis. Tests run at the same time, each with users of its own.
 */

const grace = 1500;

describe('the life of a token', () => {
  let redis: RedisServer;
  /** Wants a token, and not too late. */
  let strict: GatewayProcess;
  /** Admits anonymous tabs. */
  let lenient: GatewayProcess;

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url, AUTH_TIMEOUT: '1000', TOKEN_GRACE: String(grace) };
    strict = await GatewayProcess.start(options);
    lenient = await GatewayProcess.start({ ...options, ANONYMOUS: 'true' });
  });

  after(async () => {
    for (const gateway of [strict, lenient]) await gateway.kill('SIGTERM');
    await redis.close();
  });

  const connect = (options: TabOptions = {}) => TestTab.connect(strict.socketUrl, options);
  const open = (options: TabOptions) => TestTab.open(strict.socketUrl, options);

  let sends = 0;

  /** Sends to each target from the gateway that does not hold the tab; answers which of them reached it. */
  async function reached(tab: TestTab, other: GatewayProcess, ...targets: Target[]): Promise<Target[]> {
    const action = `reach ${++sends}`;
    for (const to of targets) await other.send({ to, action, details: to });
    await other.send({ to: { connection: tab.connection }, action: `${action} is over` });
    await tab.next(`${action} is over`);
    return tab.frames.filter((frame) => frame.action === action).map(({ details }) => details[0] as Target);
  }

  describe('on a connection', { concurrency: true }, () => {
    test('a connection that brings no token in time is closed with 4408', async () => {
      assert.deepEqual(await connect().closed, { code: 4408, reason: 'auth-timeout' });
      const silent = TestTab.over(new WebSocket(strict.socketUrl, ['tabcast.v1.json', 'tabcast.resume']));
      assert.deepEqual(await silent.closed, { code: 4408, reason: 'auth-timeout' });
    });

    test('the first token may come as a frame, in either encoding; the welcome is its answer', async () => {
      for (const encoding of ['json', 'msgpack'] as const) {
        const tab = connect({ encoding });
        tab.socket.on('open', async () => tab.send('sys/auth', [await tokenFor('zoe')], 1));
        assert.equal((await tab.welcome()).user, 'zoe');
        assert.deepEqual(
          tab.frames.map(({ action }) => action).filter((action) => action.startsWith('sys/')),
          ['sys/welcome'],
        );
        await tab.close();
      }
    });

    test('a first token that is refused closes with 4401, after saying why', async () => {
      const tab = connect();
      tab.socket.on('open', () => tab.send('sys/auth', ['nonsense'], 7));
      const refusal = await tab.next('sys/auth:error');
      assert.deepEqual([refusal.details[0], refusal.re], [401, 7]);
      assert.match(refusal.details[1] as string, /three parts/);
      assert.deepEqual(await tab.closed, { code: 4401, reason: 'token-refused' });
    });

    test('an anonymous tab logs in: it then is in the channels of its user, its groups and the registered', async () => {
      const tab = await TestTab.open(lenient.socketUrl, {});
      const targets = [{ registered: true as const }, { user: 'amy' }, { group: 'amys' }];
      assert.deepEqual(await tab.welcome(), {
        ...(await tab.welcome()),
        user: null,
        session: null,
        expires: null,
      });
      assert.deepEqual(await reached(tab, strict, ...targets), []);

      tab.send('sys/join', ['room'], 1);
      assert.deepEqual((await tab.next('sys/join:error')).details[0], 403);

      tab.send('sys/auth', [await tokenFor('amy', { session: 's1', groups: ['amys'] })], 2);
      const { details, re } = await tab.next('sys/auth');
      const { expires, positions, ...identity } = details[0] as { expires: number; positions: object };
      assert.equal(re, 2);
      assert.deepEqual(Object.keys(positions).toSorted(), ['group:amys', 'registered', 'user:amy']);
      assert.deepEqual(identity, { user: 'amy', session: 's1', groups: ['amys'] });
      assert.ok(expires > Date.now());
      assert.deepEqual(await reached(tab, strict, ...targets), targets);
      assert.deepEqual(
        await reached(tab, strict, { user: 'amy', session: 's1' }, { user: 'amy', session: 's2' }),
        [{ user: 'amy', session: 's1' }],
      );
      await tab.close();
    });

    test('an anonymous tab that shows a bad token stays anonymous', async () => {
      const tab = await TestTab.open(lenient.socketUrl, {});
      tab.send('sys/auth', ['nonsense'], 1);
      assert.equal((await tab.next('sys/auth:error')).details[0], 401);
      assert.deepEqual(await reached(tab, strict, { registered: true }), []);
      await tab.close();
    });

    test('a refresh keeps the connection; its groups are entered, those neither named nor permitted are left', async () => {
      const before = await tokenFor('ben', { groups: ['stays', 'goes'], join: ['room/*', 'hall/*'] });
      const tab = await open({ token: before });
      for (const group of ['room/1', 'hall/1']) {
        tab.send('sys/join', [group]);
        await tab.next('sys/join');
      }
      const { connection } = tab;

      tab.send(
        'sys/auth',
        [await tokenFor('ben', { session: 'new', groups: ['stays', 'comes'], join: ['room/*'] })],
        9,
      );
      const { details, re } = await tab.next('sys/auth');
      const now = details[0] as { user: string; session: string; groups: string[] };
      assert.equal(re, 9);
      assert.deepEqual([now.user, now.session], ['ben', 'new']);
      assert.deepEqual(now.groups.toSorted(), ['comes', 'room/1', 'stays']);

      const groups = ['stays', 'goes', 'comes', 'room/1', 'hall/1'].map((group) => ({ group }));
      const targets = [{ user: 'ben' }, { user: 'ben', session: 'new' }, ...groups];
      assert.deepEqual(
        await reached(tab, lenient, ...targets),
        targets.filter((to) => !('group' in to) || ['stays', 'comes', 'room/1'].includes(to.group)),
      );
      assert.equal(tab.connection, connection);
      await tab.close();
    });

    test('a token of another user is refused with 409, one that is not acceptable with 401; nothing changes', async () => {
      const tab = await open({ token: await tokenFor('cleo', { groups: ['cleos'] }) });
      tab.send('sys/auth', [await tokenFor('dora', { groups: ['doras'] })], 1);
      tab.send('sys/auth', ['nonsense'], 2);
      tab.send('sys/auth', [], 3);
      const refusals = [1, 2, 3].map(() => tab.next('sys/auth:error'));
      const codes = (await Promise.all(refusals)).map(({ re, details }) => [re, details[0]]);
      assert.deepEqual(codes.toSorted(), [
        [1, 409],
        [2, 401],
        [3, 401],
      ]);
      const targets = [{ user: 'cleo' }, { group: 'cleos' }, { user: 'dora' }, { group: 'doras' }];
      assert.deepEqual(await reached(tab, lenient, ...targets), targets.slice(0, 2));
      await tab.close();
    });

    test('an expired token: a hint, then 4002; a refresh in between saves the connection', async () => {
      const token = await tokenFor('eva', { expiresIn: 1 });
      const [left, saved] = [await open({ token }), await open({ token })];
      const [hint] = await Promise.all([left.next('sys/expired'), saved.next('sys/expired')]);
      const { closesIn } = hint.details[0] as { closesIn: number };
      assert.ok(closesIn >= 0 && closesIn <= grace, `${closesIn}`);

      saved.send('sys/auth', [await tokenFor('eva')]);
      await saved.next('sys/auth');
      assert.deepEqual(await left.closed, { code: 4002, reason: 'token-expired' });
      // The saved one had the same deadline. Its answer shows that it has outlived it.
      assert.deepEqual(await reached(saved, lenient, { user: 'eva' }), [{ user: 'eva' }]);
      await saved.close();
    });

    test('a tab that logged in late has a deadline too', async () => {
      const tab = await TestTab.open(lenient.socketUrl, {});
      tab.send('sys/auth', [await tokenFor('fay', { expiresIn: 1 })]);
      await tab.next('sys/expired');
      assert.equal((await tab.closed).code, 4002);
    });
  });

  test('a token that expires while Redis is away: the welcome is still the first frame, then comes the hint', async () => {
    const here = await open({ token: await tokenFor('gus', { expiresIn: 2 }) });
    redis.stop();
    const joining = connect({ token: await tokenFor('hal', { expiresIn: 1 }) });
    await here.next('sys/expired');
    redis.cont();
    await joining.next('sys/expired');
    assert.equal(joining.frames[0]!.action, 'sys/welcome');
    await joining.closed;
  });
});
