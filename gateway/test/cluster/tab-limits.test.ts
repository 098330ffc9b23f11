import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Frame } from '@tabcast/shared';
import { GatewayProcess } from '../support/gateway.js';
import { withoutPositions } from '../support/receipt.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** What one tab may ask of a gateway: first it is told, then it is closed. */

const limits = {
  TAB_MESSAGES_PER_SECOND: '5',
  TAB_BYTES_PER_SECOND: '1000',
  TAB_JOINS_PER_SECOND: '2',
  MAX_GROUPS: '12',
};
/** Four times as many as in a second. */
const messagesAtOnce = 20;
const joinsAtOnce = 8;

describe('limits of one tab', { concurrency: true, timeout: 30_000 }, () => {
  let gateway: GatewayProcess;
  let lenient: GatewayProcess;
  let users = 0;

  before(async () => {
    [gateway, lenient] = await Promise.all([
      GatewayProcess.start(limits),
      GatewayProcess.start({ ...limits, LIMITS_DRY_RUN: 'true' }),
    ]);
  });
  after(() => Promise.all([gateway.kill(), lenient.kill()]));

  type Grant = Parameters<typeof tokenFor>[1];
  const groups = (count: number, name = 'g') => Array.from({ length: count }, (_, n) => `${name}${n}`);

  async function open(grant: Grant = {}, where = gateway): Promise<TestTab> {
    return TestTab.open(where.socketUrl, { token: await tokenFor(`user-${users++}`, grant) });
  }

  /** The codes with which so many frames at once are answered, each of them by its id. */
  async function codesOf(tab: TestTab, count: number, action: string, details: unknown[] = []) {
    for (let id = 0; id < count; id++) tab.send(action, details, id);
    const answers: Frame[] = [];
    for (let id = 0; id < count; id++) answers.push(await tab.next(`${action}:error`));
    assert.deepEqual(
      answers.map(({ re }) => re),
      Array.from({ length: count }, (_, id) => id),
    );
    return answers.map(({ details: [code] }) => code);
  }

  const limitsHit = (limit: string, where = gateway) =>
    where.metric(`tabcast_limits_hit_total{limit="${limit}"}`);

  describe('frames', () => {
    test('a burst is taken; what comes at once beyond it is refused, and the tab stays', async () => {
      const tab = await open();
      const codes = await codesOf(tab, messagesAtOnce + 10, 'x');
      const taken = codes.filter((code) => code === 404).length;
      // A few more flow in meanwhile.
      assert.ok(taken >= messagesAtOnce && taken < messagesAtOnce + 5, `${taken}`);
      assert.deepEqual(new Set(codes), new Set([404, 429]));
      assert.deepEqual(codes.slice(0, messagesAtOnce), Array(messagesAtOnce).fill(404));
      await until('the tab to be heard again', async () => (await codesOf(tab, 1, 'x'))[0] === 404);
      await tab.close();
    });

    test('the error says how much may come, and what it was that cannot be read is an error too', async () => {
      const tab = await open();
      await codesOf(tab, messagesAtOnce, 'x');
      tab.socket.send('{');
      const { details } = await tab.next('sys/frame:error');
      assert.deepEqual(details, [429, 'At most 5 frames a second, and 20 at once after a pause']);
      await tab.close();
    });

    test('who goes on is closed with 4009, and has got every error before', async () => {
      const tab = await open();
      const before = (await limitsHit('messages'))!;
      for (let count = 0; count < messagesAtOnce + 1100; count++) tab.send('x');
      assert.deepEqual(await tab.closed, { code: 4009, reason: 'rate-limit' });
      const refused = tab.frames.filter(({ action, details }) => action === 'x:error' && details[0] === 429);
      assert.equal(refused.length, 1000);
      assert.ok((await limitsHit('messages'))! - before >= 1000);
      assert.ok((await gateway.metric('tabcast_tabs_closed_total{reason="rate-limit"}'))! >= 1);
    });

    test('a tab that speaks MessagePack is held to the same', async () => {
      const token = await tokenFor('binary');
      const tab = await TestTab.open(gateway.socketUrl, { token, encoding: 'msgpack' });
      const codes = await codesOf(tab, messagesAtOnce + 10, 'x');
      assert.deepEqual([codes[0], codes.at(-1)], [404, 429]);
      await tab.close();
    });
  });

  test('bytes: one frame may be longer than a burst, and is paid for afterwards', async () => {
    const tab = await open();
    assert.deepEqual(await codesOf(tab, 1, 'x', ['x'.repeat(8000)]), [404]);
    assert.deepEqual(await codesOf(tab, 2, 'y'), [429, 429]);
    assert.ok((await limitsHit('bytes'))! >= 2);
    await tab.close();
  });

  test('joins: a burst is taken, the next one refused; it is no member then', async () => {
    const tab = await open({ join: ['*'] });
    for (const group of groups(joinsAtOnce)) tab.send('sys/join', [group]);
    for (const group of groups(joinsAtOnce)) assert.equal((await tab.next('sys/join')).details[0], group);
    tab.send('sys/join', ['late'], 1);
    const { details, re } = await tab.next('sys/join:error');
    assert.deepEqual([details, re], [[429, 'At most 2 joins a second, and 8 at once after a pause'], 1]);
    const answer = await gateway.send({ to: { group: 'late' }, action: 'x' });
    assert.deepEqual(withoutPositions(await answer.json()), { 'group:late': { gateways: 0 } });
    await tab.close();
  });

  describe('groups', () => {
    test('a token with as many as there may be is fine, one more is refused', async () => {
      const tab = await open({ groups: groups(12, 'full') });
      assert.equal((await tab.welcome()).groups.length, 12);
      const token = await tokenFor('greedy', { groups: groups(13, 'more') });
      const refused = TestTab.connect(gateway.socketUrl, { token });
      assert.deepEqual(await refused.closed, { code: 4401, reason: 'token-refused' });
      assert.deepEqual(refused.frames, [
        { action: 'sys/auth:error', details: [403, 'A tab may be in at most 12 groups'] },
      ]);
      await tab.close();
    });

    test('the same for a token in a frame, which is answered by its id', async () => {
      const tab = TestTab.connect(gateway.socketUrl);
      await new Promise((resolve) => tab.socket.once('open', resolve));
      tab.send('sys/auth', [await tokenFor('greedy', { groups: groups(13, 'more') })], 7);
      assert.equal((await tab.closed).code, 4401);
      assert.equal(tab.frames[0]!.re, 7);
    });

    test('a join beyond is refused; a leave makes room', async () => {
      const tab = await open({ groups: groups(12, 'leave'), join: ['*'] });
      tab.send('sys/join', ['one-more']);
      assert.deepEqual((await tab.next('sys/join:error')).details, [
        403,
        'A tab may be in at most 12 groups',
      ]);
      tab.send('sys/join', ['leave3']);
      await tab.next('sys/join');
      tab.send('sys/leave', ['leave3']);
      tab.send('sys/join', ['one-more']);
      assert.equal((await tab.next('sys/join')).details[0], 'one-more');
      await tab.close();
    });

    test('a new token that would bring too many leaves everything as it was', async () => {
      const user = `user-${users++}`;
      const first = await tokenFor(user, { groups: groups(4, 'old'), join: ['*'] });
      const tab = await TestTab.open(gateway.socketUrl, { token: first });
      for (const group of groups(6, 'own')) tab.send('sys/join', [group]);
      for (const _ of groups(6)) await tab.next('sys/join');
      tab.send('sys/auth', [await tokenFor(user, { groups: groups(7, 'new'), join: ['*'] })], 1);
      assert.equal((await tab.next('sys/auth:error')).details[0], 403);
      const seen = (await (await gateway.api(`/v1/users/${user}`)).json()) as { groups: string[] };
      assert.deepEqual(seen.groups.toSorted(), [...groups(4, 'old'), ...groups(6, 'own')]);
      const answer = await gateway.send({ to: { groups: ['old0', 'own5', 'new0'] }, action: 'still there' });
      assert.deepEqual(withoutPositions(await answer.json()), {
        'group:old0': { gateways: 1 },
        'group:own5': { gateways: 1 },
        'group:new0': { gateways: 0 },
      });
      tab.send('sys/auth', [await tokenFor(user, { groups: groups(6, 'new'), join: ['own*'] })], 2);
      assert.equal(((await tab.next('sys/auth')).details[0] as { groups: string[] }).groups.length, 12);
      await tab.close();
    });

    test('a backend cannot put a tab into one more', async () => {
      const user = `user-${users++}`;
      const token = await tokenFor(user, { groups: groups(12, 'put') });
      const tab = await TestTab.open(gateway.socketUrl, { token });
      const before = (await limitsHit('groups'))!;
      assert.ok((await gateway.api(`/v1/groups/extra/users/${user}`, { method: 'PUT' })).ok);
      await until('the limit to be noticed', async () => (await limitsHit('groups'))! > before);
      const answer = await gateway.send({ to: { group: 'extra' }, action: 'x' });
      assert.deepEqual(withoutPositions(await answer.json()), { 'group:extra': { gateways: 0 } });
      await tab.close();
    });
  });

  test('a dry run refuses nothing and counts everything', async () => {
    const tab = await open({ groups: groups(13, 'dry'), join: ['*'] }, lenient);
    assert.equal((await tab.welcome()).groups.length, 13);
    const codes = await codesOf(tab, messagesAtOnce + 1500, 'x', ['x'.repeat(100)]);
    assert.deepEqual(new Set(codes), new Set([404]));
    for (const group of groups(joinsAtOnce + 5, 'join')) tab.send('sys/join', [group]);
    for (const _ of groups(joinsAtOnce + 5)) await tab.next('sys/join');
    assert.ok((await limitsHit('messages', lenient))! > 1400);
    for (const limit of ['bytes', 'joins', 'groups'])
      assert.ok((await limitsHit(limit, lenient))! >= 1, limit);
    assert.equal(await lenient.metric('tabcast_tabs_closed_total{reason="rate-limit"}'), 0);
    await tab.close();
  });
});
