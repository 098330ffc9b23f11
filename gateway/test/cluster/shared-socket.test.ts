import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame, Welcome } from '@tabcast/shared';
import type { UserPresence } from '../../src/cluster/presence.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { heard, SharingTabs } from '../support/sharing-tabs.js';
import { type TestTab, tokenFor } from '../support/tab.js';
import { Traffic } from '../support/traffic.js';
import { until } from '../support/until.js';

/** What reaches tabs that share a socket. That every kind of target reaches them is in targets.test.ts. */
describe('tabs that share a socket', { timeout: 60_000 }, () => {
  const world = new SharingTabs();
  const { gateways } = world;

  test('each is welcomed by itself, and is a tab to everybody else', async () => {
    const user = world.newUser();
    const tabs = [
      await world.open(user),
      await world.open(user, { session: 'home' }),
      await world.open(world.newUser()),
    ];
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
    const user = world.newUser();
    const grant = { session: 'home', groups: ['a', 'b'] };
    const tabs = [
      await world.open(user, grant),
      await world.open(user, grant),
      await world.open(world.newUser()),
    ];
    const [one, other] = tabs.map((tab) => world.socket.numberOf(tab)) as [number, number];
    await world.send({ user }, 'to the user', [1]);
    await world.send({ user, session: 'home' }, 'to the session', [1]);
    await world.send({ user, except: tabs[0]!.connection }, 'to the other', [1]);
    await world.send({ groups: ['a', 'b'] }, 'to both groups', [1]);
    await world.send({ connection: tabs[1]!.connection }, 'to the connection', [1]);
    await tabs[1]!.next('to the connection');
    await tabs[0]!.next('to both groups');
    const came = (action: string) =>
      world.socket.frames.filter((frame) => frame.action === action).map(({ tab, at }) => [tab, at?.[0]]);
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
    const user = world.newUser();
    const tabs = [await world.open(user), await world.open(user)];
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
    const tabs = await Promise.all([0, 1, 2].map(() => world.open(world.newUser(), { join: ['flow'] })));
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
    const user = world.newUser();
    const [one, other] = [await world.open(user, { join: ['room'] }), await world.open(user)];
    const elsewhere = await SharedTestSocket.open(gateways[0]!.socketUrl);
    const token = await tokenFor(world.newUser(), { groups: ['room'] });
    const witness = await elsewhere.openTab({ token });
    other.send('sys/join', ['room'], 1);
    assert.equal((await other.next('sys/join:error')).details[0], 403);
    one.send('sys/join', ['room'], 2);
    const { details, re } = await one.next('sys/join');
    assert.deepEqual([details[0], re], ['room', 2]);
    await world.send({ group: 'room' }, 'word');
    await one.next('word');
    await world.expectAlive(other);
    assert.deepEqual(heard(other, 'word'), []);
    one.send('sys/leave', ['room'], 3);
    await one.next('sys/leave');
    await world.send({ group: 'room' }, 'too late');
    await witness.next('too late');
    await world.expectAlive(one);
    assert.deepEqual(heard(one, 'too late'), []);
    assert.ok(
      !world.socket.frames.some(({ action }) => action === 'too late'),
      'nobody here is in the group',
    );
    await Promise.all([one, other, witness].map((tab) => tab.close()));
    elsewhere.socket.terminate();
  });

  test('the backend puts the tabs of a user into groups, and takes them out', async () => {
    const user = world.newUser();
    const tabs = [await world.open(user), await world.open(user), await world.open(world.newUser())];
    const path = `/v1/groups/placed/users/${encodeURIComponent(user)}`;
    await gateways[1]!.api(path, { method: 'PUT' });
    for (const tab of tabs.slice(0, 2)) await tab.next('sys/join');
    await world.send({ group: 'placed' }, 'word', ['x']);
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
    const user = world.newUser();
    const tabs = [await world.open(user, { groups: ['old'] }), await world.open(user, { groups: ['old'] })];
    tabs[0]!.send('sys/auth', [await tokenFor(world.newUser())], 1);
    assert.equal((await tabs[0]!.next('sys/auth:error')).details[0], 409);
    tabs[0]!.send('sys/auth', [await tokenFor(user, { groups: ['new'] })], 2);
    const { re, details } = await tabs[0]!.next('sys/auth');
    assert.deepEqual([re, (details[0] as Welcome).groups], [2, ['new']]);
    await world.send({ group: 'old' }, 'word', ['old']);
    await world.send({ group: 'new' }, 'word', ['new']);
    for (const tab of tabs) await world.expectAlive(tab);
    assert.deepEqual(
      tabs.map((tab) => heard(tab, 'word')),
      [['new'], ['old']],
    );
    for (const tab of tabs) await tab.close();
  });

  test('what one says before its welcome is answered after it', async () => {
    const tab = world.socket.connect({ token: await tokenFor(world.newUser()) });
    tab.send('sys/ping', [], 1);
    tab.send('echo', ['early'], 2);
    assert.deepEqual(await tab.next('sys/ping'), { action: 'sys/ping', details: [], re: 1 });
    assert.deepEqual(await tab.next('echo'), { action: 'echo', details: ['early'], re: 2 });
    assert.equal(tab.frames[0]!.action, 'sys/welcome');
    await tab.close();
  });

  test('actions reach the application from the tab that they are from, and so does its going', async () => {
    const watcher = await world.open('watcher');
    const user = world.newUser();
    const tabs = [await world.open(user), await world.open(user)];
    tabs[1]!.send('who', [], 'x');
    const { re, details } = await tabs[1]!.next('who');
    assert.deepEqual([re, details[1]], ['x', tabs[1]!.connection]);
    await tabs[1]!.close();
    await until('the news', () => heard(watcher, 'went').includes(tabs[1]!.connection));
    assert.ok(!heard(watcher, 'went').includes(tabs[0]!.connection));
    await tabs[0]!.close();
    await watcher.close();
  });
});
