import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Frame, Positions, Target } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../support/gateway.js';
import { startRedis } from '../support/redis.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { type TabOptions, TestTab, tokenFor } from '../support/tab.js';

/** What tabs that were away get when they come back, by frames: two gateways on one Redis, and one that is alone. */

for (const carrier of ['Redis', 'memory'] as const)
  describe(`resuming over ${carrier}`, { timeout: 60_000 }, () => {
    const gateways: GatewayProcess[] = [];
    /** Where tabs come back: another gateway, where there is one. */
    let other: GatewayProcess;
    let close = async () => {};

    before(async () => {
      const options = {
        HISTORY_GROUP_SIZE: '5',
        HISTORY_ALL_SIZE: '0',
        ANONYMOUS: 'true',
        AUTH_TIMEOUT: '1000',
      };
      if (carrier === 'Redis') {
        const redis = await startRedis();
        close = () => redis.close();
        for (let count = 0; count < 2; count++)
          gateways.push(await GatewayProcess.start({ ...options, REDIS_URL: redis.url }));
      } else gateways.push(await GatewayProcess.start(options));
      other = gateways.at(-1)!;
    });
    after(async () => {
      for (const gateway of gateways) await gateway.kill();
      await close();
    });

    /** Sends actions one after the other. */
    async function send(to: Target, ...actions: string[]): Promise<void> {
      for (const action of actions) {
        const answer = await gateways[0]!.send({ to, action });
        assert.equal(answer.status, 200, await answer.clone().text());
      }
    }

    const open = (user: string, grant: { groups?: string[]; join?: string[]; session?: string } = {}) =>
      tokenFor(user, grant).then((token) => TestTab.open(gateways[0]!.socketUrl, { token }));

    async function comeBack(user: string, options: TabOptions & { groups?: string[] }): Promise<TestTab> {
      const { groups = [], ...rest } = options;
      return TestTab.open(other.socketUrl, { token: await tokenFor(user, { groups }), ...rest });
    }

    const positionsOf = async (tab: TestTab) => (await tab.welcome()).positions!;

    /** What has come after the welcome, up to an action that is sent now. */
    async function upTo(tab: TestTab, to: Target, action: string): Promise<Frame[]> {
      await send(to, action);
      await tab.next(action);
      return tab.frames.slice(tab.frames.findIndex((frame) => frame.action === 'sys/welcome') + 1);
    }

    const actionsOf = (frames: Frame[]) => frames.map(({ action }) => action);

    test('a tab gets what it has missed in all of its channels, once and in order, then what is new', async () => {
      const to = { user: 'ann' };
      const tab = await open('ann', { groups: ['red'] });
      const start = await positionsOf(tab);
      assert.deepEqual(Object.keys(start).sort(), ['group:red', 'registered', 'user:ann']);
      await send(to, 'seen');
      const { at } = await tab.next('seen');
      assert.equal(at![0], 'user:ann');
      await tab.close();
      await send(to, 'one', 'two');
      await send({ group: 'red' }, 'three');
      for (const encoding of ['json', 'msgpack'] as const) {
        const resume: Positions = { ...start, 'user:ann': at![1]!, 'group:green': start['group:red']! };
        const back = await comeBack('ann', { encoding, groups: ['red'], resume });
        const { positions, recovered } = await back.welcome();
        assert.deepEqual(recovered, { 'user:ann': true, 'group:red': true, registered: true });
        assert.deepEqual(positions, { ...start, 'user:ann': at![1] });
        const frames = await upTo(back, to, `new to ${encoding}`);
        const [epoch, offset] = at![1]!.split('-') as [string, string];
        const missed = frames.filter((frame) => frame.at![0] === 'user:ann');
        assert.deepEqual(
          missed.map((frame) => frame.at![1]),
          missed.map((_, index) => `${epoch}-${Number(offset) + 1 + index}`),
        );
        assert.deepEqual(actionsOf(missed).slice(0, 2), ['one', 'two']);
        assert.equal(actionsOf(missed).at(-1), `new to ${encoding}`);
        assert.deepEqual(actionsOf(frames.filter((frame) => frame.at![0] === 'group:red')), ['three']);
        await back.close();
      }
    });

    test('too old and another epoch are told, channel by channel', async () => {
      const to = { group: 'old' };
      const tab = await open('bob', { groups: ['old'] });
      const start = await positionsOf(tab);
      await tab.close();
      await send(to, '1', '2', '3', '4', '5', '6');
      const resume = { ...start, 'user:bob': '1-0' };
      const back = await comeBack('bob', { groups: ['old'], resume });
      const { recovered } = await back.welcome();
      assert.deepEqual(recovered, { 'group:old': false, 'user:bob': false, registered: true });
      assert.deepEqual(actionsOf(await upTo(back, to, 'new')), ['new']);
      await back.close();
    });

    test('a publication for somebody else is missed as its position', async () => {
      const tab = await open('cid', { session: 'home' });
      const resume = await positionsOf(tab);
      await tab.close();
      await send({ user: 'cid', session: 'home' }, 'home');
      await send({ user: 'cid' }, 'both');
      const back = await TestTab.open(other.socketUrl, {
        token: await tokenFor('cid', { session: 'work' }),
        resume,
      });
      assert.deepEqual(actionsOf(await upTo(back, { user: 'cid' }, 'new')), ['sys/position', 'both', 'new']);
      await back.close();
    });

    test('a group that is joined later is resumed by its position', async () => {
      const tab = await open('dan', { join: ['room/*'] });
      tab.send('sys/join', ['room/1'], 1);
      const [group, joined] = (await tab.next('sys/join')).details as [string, { positions: Positions }];
      assert.equal(group, 'room/1');
      const position = joined.positions['group:room/1'];
      tab.send('sys/leave', ['room/1'], 2);
      await tab.next('sys/leave');
      await send({ group: 'room/1' }, 'missed');
      tab.send('sys/join', ['room/1', position], 3);
      assert.deepEqual((await tab.next('sys/join')).details[1], {
        positions: { 'group:room/1': position },
        recovered: { 'group:room/1': true },
      });
      const { at } = await tab.next('missed');
      assert.equal(at![0], 'group:room/1');
      for (const [from, recovered] of [
        [at![1], true],
        [position, false],
      ]) {
        tab.send('sys/join', ['room/1', from], 5);
        assert.deepEqual((await tab.next('sys/join')).details[1], {
          positions: { 'group:room/1': at![1] },
          recovered: { 'group:room/1': recovered },
        });
      }
      for (const wrong of ['nonsense', '7-07']) {
        tab.send('sys/join', ['room/1', wrong], 4);
        assert.equal((await tab.next('sys/join:error')).details[0], 400);
      }
      await tab.close();
    });

    test('the tab of a shared socket is resumed when it is opened', async () => {
      const token = await tokenFor('eve');
      const tab = await open('eve');
      const resume = await positionsOf(tab);
      await tab.close();
      await send({ user: 'eve' }, 'missed');
      const socket = await SharedTestSocket.open(other.socketUrl);
      const twin = await socket.openTab({ token });
      const back = await socket.openTab({ token, resume });
      assert.deepEqual((await back.welcome()).recovered, { 'user:eve': true, registered: true });
      assert.deepEqual(actionsOf(await upTo(back, { user: 'eve' }, 'new')), ['missed', 'new']);
      await twin.next('new');
      assert.deepEqual(actionsOf(twin.frames), ['sys/welcome', 'new']);
      const anonymous = await socket.openTab({ resume: {} });
      assert.equal((await anonymous.welcome()).user, null);
      await socket.close();
    });

    test('the tab of a shared socket gets as much as a tab with a socket of its own, where the socket takes that', async () => {
      const token = await tokenFor('fay');
      const tab = await open('fay');
      const resume = await positionsOf(tab);
      await tab.close();
      const details = ['x'.repeat(3000)];
      for (let sent = 0; sent < 60; sent++)
        await gateways[0]!.send({ to: { user: 'fay' }, action: 'missed', details });
      const socket = await SharedTestSocket.open(other.socketUrl);
      const back = await socket.openTab({ token, resume });
      assert.deepEqual((await back.welcome()).recovered, { 'user:fay': true, registered: true });
      assert.equal((await upTo(back, { user: 'fay' }, 'new')).length, 61);
      await socket.close();
    });

    test('what another user has reached is not resumed; what an anonymous tab has, is', async () => {
      const grant = { groups: ['ours'] };
      const tab = await open('gil', grant);
      const resume = await positionsOf(tab);
      const { connection } = tab;
      await tab.close();
      await send({ registered: true }, 'to all who are known');
      await send({ group: 'ours' }, 'to the group');
      const token = await tokenFor('hal', grant);
      const socket = await SharedTestSocket.open(other.socketUrl);
      for (const [user, isResumed] of [
        ['gil', false],
        [null, true],
        ['hal', true],
        [undefined, true],
      ] as const) {
        const former = user === undefined ? { connection } : { user, connection };
        const options = { token, resume, former };
        const ways = [() => TestTab.open(other.socketUrl, options), () => socket.openTab(options)];
        for (const comeBackBy of ways) {
          const back = await comeBackBy();
          const recovered = isResumed ? { 'group:ours': true, registered: true } : undefined;
          assert.deepEqual((await back.welcome()).recovered, recovered);
          const missed = isResumed ? ['to all who are known', 'to the group'] : [];
          const frames = actionsOf(await upTo(back, { user: 'hal' }, 'new'));
          assert.deepEqual(frames.sort(), ['new', ...missed]);
          await back.close();
        }
      }
      const visitor = await TestTab.open(other.socketUrl, { resume, former: { user: 'gil' } });
      assert.equal((await visitor.welcome()).recovered, undefined);
      await visitor.close();
      await socket.close();
    });

    test('what is for all except a connection is not for the tab that goes on from there', async () => {
      const tab = await open('ida');
      const { connection } = tab;
      const resume = await positionsOf(tab);
      await tab.close();
      const to = { user: 'ida', except: connection };
      await send(to, 'missed');
      const options = { token: await tokenFor('ida'), resume };
      const back = await TestTab.open(other.socketUrl, { ...options, former: { user: 'ida', connection } });
      const twin = await TestTab.open(other.socketUrl, options);
      await send(to, 'live');
      const actions = (one: TestTab) =>
        upTo(one, { user: 'ida' }, `new to ${one.connection}`).then(actionsOf);
      assert.deepEqual((await actions(back)).slice(0, 2), ['sys/position', 'sys/position']);
      assert.deepEqual((await actions(twin)).slice(0, 2), ['missed', 'live']);
      const stranger = await TestTab.open(other.socketUrl, {
        ...options,
        former: { user: 'ann', connection },
      });
      await send(to, 'later');
      assert.ok((await actions(stranger)).includes('later'));
      for (const one of [back, twin, stranger]) await one.close();
    });

    test('the welcome waits for the positions, and not for ever; what is none is refused', async () => {
      const protocols = ['tabcast.v1.json', 'tabcast.resume', `bearer.${await tokenFor('fay')}`];
      const tab = TestTab.over(new WebSocket(other.socketUrl, protocols));
      await new Promise((resolve) => tab.socket.once('open', resolve));
      assert.equal(tab.socket.protocol, 'tabcast.v1.json');
      for (const wrong of [undefined, ['x'], { all: 1 }, { all: 'x' }, { all: '7-00' }]) {
        tab.send('sys/resume', [wrong]);
        const [code, sentence] = (await tab.next('sys/resume:error')).details;
        assert.equal(code, 400);
        assert.match(String(sentence), /^positions: /);
      }
      for (const [former, field] of [
        [null, 'former'],
        [['fay'], 'former'],
        [{ user: 7 }, 'user'],
        [{ user: '' }, 'user'],
        [{ connection: null }, 'connection'],
        [{ user: 'fay', connection: 'x' }, 'connection'],
      ] as const) {
        tab.send('sys/resume', [{}, former]);
        const [code, sentence] = (await tab.next('sys/resume:error')).details;
        assert.equal(code, 400);
        assert.ok(String(sentence).startsWith(`${field}: expected `), String(sentence));
      }
      const { user, positions, recovered } = await tab.welcome();
      assert.deepEqual([user, recovered], ['fay', undefined]);
      tab.send('sys/resume', [positions]);
      assert.deepEqual((await tab.next('sys/resume:error')).details, [
        400,
        'sys/resume: expected before the welcome',
      ]);
      await tab.close();
    });
  });
