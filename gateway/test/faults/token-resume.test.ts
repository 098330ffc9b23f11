import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Positions, Target } from '@tabcast/shared';
import { eventsOf, positionsAfter } from '../support/events.js';
import { Flood, numbersOf } from '../support/flood.js';
import { faultsIn } from '../support/ledger.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { Traffic } from '../support/traffic.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/**
 * What a tab gets of the past when its token ends, or its right to it: F22 of the fault matrix, with history. Tokens as such
 * are in cluster/token-life.test.ts and cluster/revoke.test.ts. Each test has a user of its own.
 */

/** More than the kernel takes for a tab that does not read, in messages of a flood. */
const much = 1200;

describe('F22: history, and tokens that end', { timeout: 60_000 }, () => {
  const two = new TwoGateways({
    ...{ TOKEN_GRACE: '1000', HISTORY_USER_SIZE: '10000', HISTORY_GROUP_SIZE: '10000' },
  });

  const open = (gateway: 0 | 1, token: string, resume?: Positions) =>
    TestTab.open(two.gateways[gateway]!.socketUrl, { token, ...(resume && { resume }) });

  const post = async (path: string, body: object) => {
    const answer = await two.gateways[0]!.api(path, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };

  const change = (method: 'PUT' | 'DELETE', group: string, user: string) =>
    two.gateways[0]!.api(`/v1/groups/${group}/users/${user}`, { method });

  /** Numbered sends to a user and to groups, through both gateways. */
  function sendTo(user: string, ...groups: string[]): Traffic {
    const [first, second] = two.gateways;
    return new Traffic([
      { gateway: first!, to: { user } },
      ...groups.map((group) => ({ gateway: second!, to: { group } })),
    ]);
  }

  async function sendMuch(to: Target): Promise<void> {
    const flood = new Flood(two.gateways[0]!);
    while (flood.sent < much) await flood.send(100, to);
  }

  /** Some more sends have been answered. */
  async function more({ streams }: Traffic): Promise<void> {
    const before = streams.map(({ sends }) => sends.length);
    await until('more sends', () => streams.every(({ sends }, index) => sends.length > before[index]! + 20));
  }

  /** What one client got over its connections, one after the other, is what was sent; and it was told of no loss. */
  async function expectExact(t: TestContext, traffic: Traffic, ...connections: TestTab[]): Promise<void> {
    await traffic.stop();
    const events = () => eventsOf(connections.flatMap(({ frames }) => frames));
    const faults = () => faultsIn(traffic.sends, [{ tab: 'the tab', events: events() }]);
    await until('the ledger to be right', () => faults().length === 0).catch(() => {});
    assert.deepEqual(faults().slice(0, 20), []);
    for (const event of events())
      assert.ok(
        !('gap' in event) && !('recovered' in event && Object.values(event.recovered).includes(false)),
      );
    t.diagnostic(`${traffic.sends.length} sends`);
    connections.at(-1)!.socket.terminate();
  }

  /** Channels of which a tab got something with a position, after so many frames. */
  const heardIn = (tab: TestTab, from = 0) =>
    new Set(tab.frames.slice(from).flatMap(({ at }) => at?.[0] ?? []));

  /** A tab that comes back, having missed much of a channel, and stops reading before it has all of it. */
  async function stuck(token: string, resume: Positions): Promise<TestTab> {
    const entries = () => two.gateways[1]!.metric('tabcast_history_entries_total{reader="tab"}');
    const tab = TestTab.connect(two.gateways[1]!.socketUrl, { token, resume });
    tab.socket.once('message', () => tab.socket.pause());
    await tab.welcome();
    let last: number | undefined;
    await until('no more to be written', async () => {
      const before = last;
      last = await entries();
      return last === before && (await two.gateways[1]!.metric('tabcast_tabs_behind')) === 1;
    });
    return tab;
  }

  test('a tab whose token is renewed goes on where it is, and is in its new groups from then on', async (t) => {
    const traffic = sendTo('ann', 'ann/1', 'ann/2');
    const tab = await open(0, await tokenFor('ann', { groups: ['ann/1'] }));
    await more(traffic);
    tab.send('sys/auth', [await tokenFor('ann', { groups: ['ann/1', 'ann/2'] })], 1);
    const { details } = await tab.next('sys/auth');
    assert.deepEqual(Object.keys((details[0] as { positions: Positions }).positions), ['group:ann/2']);
    await more(traffic);
    await expectExact(t, traffic, tab);
  });

  test('a tab whose token has expired comes back with another one, and has missed nothing', async (t) => {
    const traffic = sendTo('bob', 'bob/1');
    const grant = { groups: ['bob/1'] };
    const tab = await open(0, await tokenFor('bob', { ...grant, expiresIn: 1 }));
    assert.deepEqual(await tab.closed, { code: 4002, reason: 'token-expired' });
    await more(traffic);
    const back = await open(1, await tokenFor('bob', grant), positionsAfter(tab.frames));
    await more(traffic);
    await expectExact(t, traffic, tab, back);
  });

  test('another user cannot resume what the former one was in', async () => {
    const traffic = sendTo('cid', 'cid/1');
    const tab = await open(0, await tokenFor('cid', { groups: ['cid/1'] }));
    await more(traffic);
    await tab.close();
    await more(traffic);
    for (const gateway of [0, 1] as const) {
      const back = await open(gateway, await tokenFor('dan'), positionsAfter(tab.frames));
      const { recovered, positions } = await back.welcome();
      assert.deepEqual(recovered, { all: true, registered: true });
      assert.deepEqual(Object.keys(positions!).toSorted(), ['all', 'registered', 'user:dan']);
      await more(traffic);
      await two.gateways[0]!.send({ to: { user: 'dan' }, action: 'last' });
      await back.next('last');
      assert.deepEqual(heardIn(back), new Set(['user:dan']));
      await back.close();
    }
    await traffic.stop();
  });

  test('who was revoked while away gets nothing of the past, however the token comes', async () => {
    const token = await tokenFor('eve');
    const tab = await open(0, token);
    await tab.close();
    await two.gateways[0]!.send({ to: { user: 'eve' }, action: 'secret' });
    await post('/v1/revoke', { user: 'eve' });
    const resume = positionsAfter(tab.frames);
    const refused = TestTab.connect(two.gateways[1]!.socketUrl, { token, resume });
    await refused.closed;
    assert.deepEqual(refused.frames, []);
    const late = TestTab.connect(two.gateways[1]!.socketUrl, { resume });
    late.socket.once('open', () => late.send('sys/auth', [token]));
    assert.equal((await late.closed).code, 4403);
    assert.deepEqual(
      late.frames.map(({ action }) => action),
      ['sys/auth:error'],
    );
  });

  test('groups that were taken away meanwhile are not resumed, by whatever the tab was in them', async () => {
    await change('PUT', 'fay/2', 'fay');
    const traffic = sendTo('fay', 'fay/1', 'fay/2', 'fay/3');
    const tab = await open(0, await tokenFor('fay', { groups: ['fay/1', 'fay/3'] }));
    await more(traffic);
    await tab.close();
    await change('DELETE', 'fay/2', 'fay');
    await more(traffic);
    const back = await open(1, await tokenFor('fay', { groups: ['fay/3'] }), positionsAfter(tab.frames));
    assert.deepEqual((await back.welcome()).recovered, {
      ...{ 'user:fay': true, 'group:fay/3': true, all: true, registered: true },
    });
    await more(traffic);
    await traffic.stop();
    assert.deepEqual(heardIn(back), new Set(['user:fay', 'group:fay/3']));
    await back.close();
  });

  test('a group that is taken away while a tab gets what it has missed there ends with that', async (t) => {
    await change('PUT', 'gus', 'gus');
    const token = await tokenFor('gus');
    const before = await open(0, token);
    await before.close();
    await sendMuch({ group: 'gus' });
    const tab = await stuck(token, positionsAfter(before.frames));
    await change('DELETE', 'gus', 'gus');
    tab.socket.resume();
    await tab.next('sys/leave');
    const left = tab.frames.length;
    await two.gateways[0]!.send([
      { to: { group: 'gus' }, action: 'secret' },
      { to: { user: 'gus' }, action: 'last' },
    ]);
    await tab.next('last');
    assert.deepEqual(heardIn(tab, left), new Set(['user:gus']));
    assert.ok(numbersOf(tab).length < much);
    t.diagnostic(`${numbersOf(tab).length} of ${much}`);
    await tab.close();
  });

  test('who is revoked while a tab gets what it has missed gets no more of it', async (t) => {
    const token = await tokenFor('hal');
    const before = await open(0, token);
    await before.close();
    await sendMuch({ user: 'hal' });
    const tab = await stuck(token, positionsAfter(before.frames));
    await post('/v1/revoke', { user: 'hal' });
    tab.socket.resume();
    assert.equal((await tab.closed).code, 4403);
    assert.ok(numbersOf(tab).length < much);
    t.diagnostic(`${numbersOf(tab).length} of ${much}`);
  });
});
