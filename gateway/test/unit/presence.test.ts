import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maxListed, Presence, type TabHere } from '../../src/cluster/presence.js';
import type { Questions } from '../../src/cluster/questions.js';

/** Presence in a cluster whose gateways say this; what cannot be read counts as no answer. */
function presence(bodies: Record<string, unknown>, silent = 0): Presence {
  const questions: Pick<Questions, 'ask'> = {
    async ask(_channel, _question, read) {
      const answers = Object.entries(bodies).flatMap(([gateway, body]) => {
        const said = read(body);
        return said === undefined ? [] : { gateway, body: said };
      });
      return { answers, complete: silent === 0 && answers.length === Object.keys(bodies).length };
    },
  };
  return new Presence(questions);
}

const tab = (number: number, more: Partial<TabHere> = {}): TabHere => ({
  connection: `gw-${number}`,
  session: null,
  groups: [],
  since: 1000 + number,
  ...more,
});

describe('presence', () => {
  test('a user nobody holds is offline', async () => {
    assert.deepEqual(await presence({}).user('ann'), {
      ...{ user: 'ann', online: false, tabs: 0, sessions: [], gateways: [], groups: [], since: null },
      ...{ connections: [], cut: false, complete: true },
    });
  });

  test('tabs of several gateways are put together, the oldest first', async () => {
    const a = { tabs: 2, listed: [tab(5, { session: 's', groups: ['x', 'y'] }), tab(2)] };
    const b = { tabs: 1, listed: [tab(3, { session: 's', groups: ['y'] })] };
    assert.deepEqual(await presence({ b, a }).user('ann'), {
      ...{ user: 'ann', online: true, tabs: 3, sessions: ['s'], gateways: ['a', 'b'], groups: ['x', 'y'] },
      since: 1002,
      connections: [
        { gateway: 'a', ...tab(2) },
        { gateway: 'b', ...tab(3, { session: 's', groups: ['y'] }) },
        { gateway: 'a', ...tab(5, { session: 's', groups: ['x', 'y'] }) },
      ],
      ...{ cut: false, complete: true },
    });
  });

  test('a gateway whose last tab has just gone does not hold the user', async () => {
    const { online, gateways, complete } = await presence({ a: { tabs: 0, listed: [] } }).user('ann');
    assert.deepEqual({ online, gateways, complete }, { online: false, gateways: [], complete: true });
  });

  test('who has not answered holds the user all the same', async () => {
    const { online, tabs, complete } = await presence({}, 1).user('ann');
    assert.deepEqual({ online, tabs, complete }, { online: true, tabs: 0, complete: false });
  });

  test('more tabs than can be listed are counted, and the list says that it is cut', async () => {
    const listed = Array.from({ length: maxListed }, (_, number) => tab(number));
    const seen = await presence({ a: { tabs: 4000, listed }, b: { tabs: 1, listed: [tab(0)] } }).user('ann');
    assert.deepEqual([seen.tabs, seen.connections.length, seen.cut], [4001, maxListed, true]);
  });

  test('a tab may be in as many groups as the options permit', async () => {
    const groups = Array.from({ length: 10_000 }, (_, number) => `g${number}`);
    const seen = await presence({ a: { tabs: 1, listed: [tab(1, { groups })] } }).user('ann');
    assert.deepEqual([seen.tabs, seen.groups.length, seen.complete], [1, 10_000, true]);
  });

  test('users of a group are added up over gateways, those with most tabs first', async () => {
    const a = {
      tabs: 3,
      users: [
        { user: 'ann', tabs: 1 },
        { user: 'bob', tabs: 2 },
      ],
      cut: false,
    };
    const b = { tabs: 2, users: [{ user: 'ann', tabs: 2 }], cut: false };
    assert.deepEqual(await presence({ a, b, c: { tabs: 0, users: [], cut: false } }).group('g'), {
      ...{ group: 'g', tabs: 5, gateways: ['a', 'b'] },
      users: [
        { user: 'ann', tabs: 3 },
        { user: 'bob', tabs: 2 },
      ],
      ...{ cut: false, complete: true },
    });
  });

  test('more users than can be listed: the list is cut', async () => {
    const users = (from: number) =>
      Array.from({ length: maxListed }, (_, n) => ({ user: `${from + n}`, tabs: 1 }));
    const whole = { tabs: maxListed, users: users(0), cut: false };
    assert.equal((await presence({ a: whole }).group('g')).cut, false);
    assert.equal((await presence({ a: { ...whole, cut: true } }).group('g')).cut, true);
    const both = await presence({ a: whole, b: { ...whole, users: users(1) } }).group('g');
    assert.deepEqual([both.users.length, both.cut], [maxListed, true]);
  });

  const nonsense: [string, unknown][] = [
    ['nothing', undefined],
    ['a negative number of tabs', { tabs: -1, listed: [], users: [], cut: false }],
    ['no list', { tabs: 1 }],
    ['more in the list than there are', { tabs: 0, listed: [tab(1)] }],
    ['a longer list than allowed', { tabs: 2000, listed: Array(maxListed + 1).fill(tab(1)) }],
    ['a connection that is none', { tabs: 1, listed: [tab(1, { connection: 'x' })] }],
    ['a group that is none', { tabs: 1, listed: [tab(1, { groups: [''] })] }],
    ['a time that is none', { tabs: 1, listed: [tab(1, { since: Number.NaN })] }],
    ['a user that is none', { tabs: 1, users: [{ user: 7, tabs: 1 }], cut: false }],
    ['no word on whether it is cut', { tabs: 0, users: [] }],
  ];
  for (const [what, body] of nonsense)
    test(`${what} is no answer`, async () => {
      const [user, group] = [await presence({ a: body }).user('ann'), await presence({ a: body }).group('g')];
      assert.deepEqual([user.complete, group.complete], [false, false]);
    });
});
