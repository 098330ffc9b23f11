import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Frame, Welcome } from '@tabcast/shared';
import type { UserPresence } from '../../src/cluster/presence.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { Traffic } from '../support/traffic.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/**
 * Several tabs on one socket, each with a life of its own. Two gateways on one real Redis; what is sent, and who orders
 * tabs about, is always at the other one. That every kind of target reaches them is in targets.test.ts.
 */

const grace = 500;
const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

describe('tabs that share a socket', { timeout: 60_000 }, () => {
  const two = new TwoGateways({
    ...{ AUTH_TIMEOUT: '1000', TOKEN_GRACE: String(grace), HANDLERS: application },
    ...{ MAX_TABS_PER_USER: '4', MAX_TABS_POLICY: 'close-oldest' },
  });
  const { gateways } = two;
  let socket: SharedTestSocket;
  let users = 0;

  before(async () => {
    socket = await SharedTestSocket.open(gateways[0]!.socketUrl);
  });
  after(async () => {
    assert.deepEqual(socket.strays, []);
    await socket.close();
  });

  const newUser = () => `user ${++users}`;
  const open = async (user: string, grant?: Parameters<typeof tokenFor>[1]) =>
    socket.openTab({ token: await tokenFor(user, grant) });
  const send = (to: object, action: string, details: unknown[] = []) =>
    gateways[1]!.send({ to, action, details });
  const post = async (path: string, body: object) => {
    const answer = await gateways[1]!.api(path, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.clone().text());
  };
  const heard = (tab: TestTab, action: string) =>
    tab.frames.filter((frame) => frame.action === action).map(({ details }) => details[0]);

  /** The tab still gets what is sent to it, and before that everything that was sent earlier. */
  async function expectAlive(tab: TestTab): Promise<void> {
    await send({ connection: tab.connection }, 'alive');
    await tab.next('alive');
  }

  test('each is welcomed by itself, and is a tab to everybody else', async () => {
    const user = newUser();
    const tabs = [await open(user), await open(user, { session: 'home' }), await open(newUser())];
    const ids = tabs.map(({ connection }) => connection);
    assert.equal(new Set(ids).size, 3);
    const there = await gateways[1]!.api(`/v1/users/${encodeURIComponent(user)}`);
    const { tabs: count, connections } = (await there.json()) as UserPresence;
    assert.equal(count, 2);
    assert.deepEqual(new Set(connections.map(({ connection }) => connection)), new Set(ids.slice(0, 2)));
    assert.equal(await gateways[0]!.metric('tabcast_tabs'), 3);
    assert.equal(await gateways[0]!.metric('tabcast_connections'), 1);
    for (const tab of tabs) await tab.close();
    await until('all of them to be gone', async () => (await gateways[0]!.metric('tabcast_tabs')) === 0);
    assert.equal(await gateways[0]!.metric('tabcast_connections'), 1);
  });

  test('what is for all tabs of a channel comes once, with the channel; what is for some comes to each of them', async () => {
    const user = newUser();
    const grant = { session: 'home', groups: ['a', 'b'] };
    const tabs = [await open(user, grant), await open(user, grant), await open(newUser())];
    const [one, other] = tabs.map((tab) => socket.numberOf(tab)) as [number, number];
    await send({ user }, 'to the user', [1]);
    await send({ user, session: 'home' }, 'to the session', [1]);
    await send({ user, except: tabs[0]!.connection }, 'to the other', [1]);
    await send({ groups: ['a', 'b'] }, 'to both groups', [1]);
    await send({ connection: tabs[1]!.connection }, 'to the connection', [1]);
    await tabs[1]!.next('to the connection');
    await tabs[0]!.next('to both groups');
    const came = (action: string) =>
      socket.frames.filter((frame) => frame.action === action).map(({ tab, at }) => [tab, at?.[0]]);
    assert.deepEqual(came('to the user'), [[undefined, `user:${user}`]]);
    assert.deepEqual(came('to the session'), [
      [one, `user:${user}`],
      [other, `user:${user}`],
    ]);
    assert.deepEqual(came('to the other'), [[other, `user:${user}`]]);
    assert.deepEqual(
      came('to both groups').map(([tab]) => tab),
      [one, other],
    );
    assert.deepEqual(came('to the connection'), [[other, undefined]]);
    for (const tab of tabs) await tab.close();
  });

  test('what reaches them in different ways keeps its order', async () => {
    const user = newUser();
    const tabs = [await open(user), await open(user)];
    const ways = [{ user }, { user, except: 'nobody-0' }];
    const numbers = Array.from({ length: 600 }, (_, number) => number);
    await gateways[1]!.send(
      numbers.map((number) => ({ to: ways[number % ways.length], action: 'count', details: [number] })),
    );
    for (const tab of tabs) {
      await until('the last one', () => heard(tab, 'count').length >= numbers.length);
      assert.deepEqual(heard(tab, 'count'), numbers);
      await tab.close();
    }
  });

  test('between a join and a leave nothing is missed or doubled, whoever else is in the group', async () => {
    const tabs = await Promise.all([0, 1, 2].map(() => open(newUser(), { join: ['flow'] })));
    const traffic = new Traffic([{ gateway: gateways[1]!, to: { group: 'flow' } }]);
    const spans: { tab: TestTab; from: Frame; to: Frame }[] = [];
    const comeAndGo = async (tab: TestTab) => {
      for (let round = 0; round < 12; round++) {
        tab.send('sys/join', ['flow'], round);
        const from = await tab.next('sys/join');
        await tab.next('count');
        tab.send('sys/leave', ['flow'], round);
        spans.push({ tab, from, to: await tab.next('sys/leave') });
      }
    };
    await Promise.all(tabs.map(comeAndGo));
    await traffic.stop();
    for (const { tab, from, to } of spans) {
      const during = tab.frames.slice(tab.frames.indexOf(from), tab.frames.indexOf(to));
      const numbers = during
        .filter(({ action }) => action === 'count')
        .map(({ details }) => details[1] as number);
      assert.ok(numbers.length > 0);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => numbers[0]! + index),
      );
    }
    const outside = tabs.flatMap(({ frames }) => frames).filter(({ action }) => action === 'count').length;
    const inside = spans.reduce(
      (sum, { tab, from, to }) =>
        sum +
        tab.frames
          .slice(tab.frames.indexOf(from), tab.frames.indexOf(to))
          .filter(({ action }) => action === 'count').length,
      0,
    );
    assert.equal(outside, inside);
    for (const tab of tabs) await tab.close();
  });

  test('a group is joined and left by one of them alone, and by no token that does not permit it', async () => {
    const user = newUser();
    const [one, other] = [await open(user, { join: ['room'] }), await open(user)];
    other.send('sys/join', ['room'], 1);
    assert.equal((await other.next('sys/join:error')).details[0], 403);
    one.send('sys/join', ['room'], 2);
    const { details, re } = await one.next('sys/join');
    assert.deepEqual([details[0], re], ['room', 2]);
    await send({ group: 'room' }, 'word');
    await one.next('word');
    await expectAlive(other);
    assert.deepEqual(heard(other, 'word'), []);
    one.send('sys/leave', ['room'], 3);
    await one.next('sys/leave');
    await send({ group: 'room' }, 'too late');
    await expectAlive(one);
    assert.deepEqual(heard(one, 'too late'), []);
    await Promise.all([one.close(), other.close()]);
  });

  test('the backend puts the tabs of a user into groups, and takes them out', async () => {
    const user = newUser();
    const tabs = [await open(user), await open(user), await open(newUser())];
    const path = `/v1/groups/placed/users/${encodeURIComponent(user)}`;
    await gateways[1]!.api(path, { method: 'PUT' });
    for (const tab of tabs.slice(0, 2)) await tab.next('sys/join');
    await send({ group: 'placed' }, 'word', ['x']);
    for (const tab of tabs.slice(0, 2)) await tab.next('word');
    await gateways[1]!.api(path, { method: 'DELETE' });
    for (const tab of tabs.slice(0, 2)) await tab.next('sys/leave');
    assert.deepEqual(
      tabs.map((tab) => heard(tab, 'word')),
      [['x'], ['x'], []],
    );
    for (const tab of tabs) await tab.close();
  });

  test('a new token changes the groups of one of them; one of another user changes nothing', async () => {
    const user = newUser();
    const tabs = [await open(user, { groups: ['old'] }), await open(user, { groups: ['old'] })];
    tabs[0]!.send('sys/auth', [await tokenFor(newUser())], 1);
    assert.equal((await tabs[0]!.next('sys/auth:error')).details[0], 409);
    tabs[0]!.send('sys/auth', [await tokenFor(user, { groups: ['new'] })], 2);
    const { re, details } = await tabs[0]!.next('sys/auth');
    assert.deepEqual([re, (details[0] as Welcome).groups], [2, ['new']]);
    await send({ group: 'old' }, 'word', ['old']);
    await send({ group: 'new' }, 'word', ['new']);
    for (const tab of tabs) await expectAlive(tab);
    assert.deepEqual(
      tabs.map((tab) => heard(tab, 'word')),
      [['new'], ['old']],
    );
    for (const tab of tabs) await tab.close();
  });

  test('one whose token expires is told and closed, and the others stay', async () => {
    const user = newUser();
    const [short, long] = [await open(user, { expiresIn: 1 }), await open(user)];
    const [{ closesIn }] = (await short.next('sys/expired')).details as [{ closesIn: number }];
    assert.ok(closesIn <= grace);
    assert.deepEqual(await short.closed, { code: 4002, reason: 'token-expired' });
    await expectAlive(long);
    await long.close();
  });

  test('one whose token is refused is told why and closed', async () => {
    const tab = socket.connect({ token: 'nonsense' });
    const refusal = await tab.next('sys/auth:error');
    assert.equal(refusal.details[0], 401);
    assert.deepEqual(await tab.closed, { code: 4401, reason: 'token-refused' });
  });

  test('one that brings no token may do so by a frame, and is closed when it does not in time', async () => {
    const [late, never] = [socket.connect(), socket.connect()];
    late.send('sys/auth', [await tokenFor(newUser())]);
    await late.welcome();
    assert.deepEqual(await never.closed, { code: 4408, reason: 'auth-timeout' });
    await expectAlive(late);
    await late.close();
  });

  test('what one says before its welcome is answered after it', async () => {
    const tab = socket.connect({ token: await tokenFor(newUser()) });
    tab.send('sys/ping', [], 1);
    tab.send('echo', ['early'], 2);
    assert.deepEqual(await tab.next('sys/ping'), { action: 'sys/ping', details: [], re: 1 });
    assert.deepEqual(await tab.next('echo'), { action: 'echo', details: ['early'], re: 2 });
    assert.equal(tab.frames[0]!.action, 'sys/welcome');
    await tab.close();
  });

  test('actions reach the application from the tab that they are from, and so does its going', async () => {
    const watcher = await open('watcher');
    const user = newUser();
    const tabs = [await open(user), await open(user)];
    tabs[1]!.send('who', [], 'x');
    const { re, details } = await tabs[1]!.next('who');
    assert.deepEqual([re, details[1]], ['x', tabs[1]!.connection]);
    await tabs[1]!.close();
    await until('the news', () => heard(watcher, 'went').includes(tabs[1]!.connection));
    assert.ok(!heard(watcher, 'went').includes(tabs[0]!.connection));
    await tabs[0]!.close();
    await watcher.close();
  });

  test('the application closes the tabs of a user, of a session, or one', async () => {
    const user = newUser();
    const sessions = ['home', 'work', 'work', undefined];
    const tabs: TestTab[] = [];
    for (const session of sessions) tabs.push(await open(user, session === undefined ? {} : { session }));
    await post('/v1/disconnect', { user, session: 'home', reconnect: true });
    assert.deepEqual(await tabs[0]!.closed, { code: 4007, reason: 'disconnected' });
    await post('/v1/disconnect', { connection: tabs[1]!.connection, code: 4321 });
    assert.deepEqual(await tabs[1]!.closed, { code: 4321, reason: 'application' });
    for (const tab of tabs.slice(2)) await expectAlive(tab);
    await post('/v1/disconnect', { user });
    for (const tab of tabs.slice(2)) assert.deepEqual(await tab.closed, { code: 4407, reason: 'dismissed' });
  });

  test('one whose session is revoked is closed', async () => {
    const user = newUser();
    const tabs = [await open(user, { session: 'stolen' }), await open(user, { session: 'own' })];
    await post('/v1/revoke', { user, session: 'stolen' });
    assert.deepEqual(await tabs[0]!.closed, { code: 4403, reason: 'revoked' });
    await expectAlive(tabs[1]!);
    await tabs[1]!.close();
  });

  test('each takes a seat of its user, and the oldest has to go', async () => {
    const user = newUser();
    const tabs: TestTab[] = [];
    for (let count = 0; count < 4; count++) tabs.push(await open(user));
    const elsewhere = await TestTab.open(gateways[1]!.socketUrl, { token: await tokenFor(user) });
    assert.deepEqual(await tabs[0]!.closed, { code: 4410, reason: 'replaced' });
    tabs.push(await open(user));
    assert.deepEqual(await tabs[1]!.closed, { code: 4410, reason: 'replaced' });
    for (const tab of [...tabs.slice(2), elsewhere]) {
      await expectAlive(tab);
      await tab.close();
    }
  });

  test('of one that has closed nothing comes any more, and what it sends is ignored', async () => {
    const user = newUser();
    const [gone, here] = [await open(user), await open(user)];
    const number = socket.numberOf(gone);
    await gone.close();
    for (const text of ['{"action":"echo","details":[1],"id":1}', '{"action":3}'])
      for (let times = 0; times < 3; times++)
        socket.socket.send(JSON.stringify({ ...JSON.parse(text), tab: number }));
    await send({ user, except: here.connection }, 'for the one that has gone');
    await expectAlive(here);
    assert.equal(socket.framesFor(number).at(-1)!.action, 'sys/welcome');
    assert.deepEqual(
      socket.framesFor(undefined).filter(({ at }) => at === undefined),
      [],
    );
    await here.close();
  });

  test('when the socket goes, all of them do', async () => {
    const other = await SharedTestSocket.open(gateways[0]!.socketUrl);
    const before = await gateways[0]!.metric('tabcast_tabs_closed_total{reason="lost"}');
    const token = await tokenFor(newUser());
    for (let count = 0; count < 3; count++) await other.openTab({ token });
    other.socket.terminate();
    await until('three tabs to be lost', async () => {
      return (await gateways[0]!.metric('tabcast_tabs_closed_total{reason="lost"}')) === before! + 3;
    });
  });

  test('a socket without a tab is closed, at first and later', async () => {
    const [never, later] = await Promise.all([0, 1].map(() => SharedTestSocket.open(gateways[0]!.socketUrl)));
    const tab = await later!.openTab({ token: await tokenFor(newUser()) });
    assert.deepEqual(await never!.closed, { code: 4408, reason: 'auth-timeout' });
    await expectAlive(tab);
    await tab.close();
    assert.deepEqual(await later!.closed, { code: 4408, reason: 'auth-timeout' });
  });

  test('cookies and tokens of the handshake prove nobody', async () => {
    const token = await tokenFor(newUser());
    const other = await SharedTestSocket.open(gateways[0]!.socketUrl, {
      authorization: `Bearer ${token}`,
      cookie: `token=${token}`,
    });
    assert.equal(other.socket.protocol, 'tabcast.v1.shared');
    const tab = other.connect();
    assert.deepEqual(await tab.closed, { code: 4408, reason: 'auth-timeout' });
    other.socket.terminate();
    await other.closed;
    const foreign = SharedTestSocket.open(gateways[0]!.socketUrl, { origin: 'https://evil.example' });
    await assert.rejects(foreign, /403/);
  });
});
