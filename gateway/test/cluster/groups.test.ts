import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/** Groups as tabs see them: named by the token, joined, left. Sends come from the gateway that does not hold the tab. */

/** Nobody's group, so that tests do not meet in one. */
let groups = 0;
const freshGroup = () => `room/${++groups}`;

describe('groups', () => {
  const two = new TwoGateways({ TAB_MESSAGES_PER_SECOND: '0', TAB_JOINS_PER_SECOND: '0' });
  const { gateways } = two;
  let sends = 0;

  async function open(gateway: 0 | 1, grant: Parameters<typeof tokenFor>[1] = { join: ['room/*'] }) {
    return TestTab.open(gateways[gateway]!.socketUrl, { token: await tokenFor('ann', grant) });
  }

  async function send(from: 0 | 1, group: string, action: string): Promise<number> {
    const answer = await gateways[from]!.send({ to: { group }, action });
    const receipt = (await answer.json()) as Record<string, { gateways: number }>;
    return receipt[`group:${group}`]!.gateways;
  }

  /** Which of the tabs get a send to a group from a gateway. */
  async function reached(from: 0 | 1, group: string, ...tabs: TestTab[]): Promise<TestTab[]> {
    const action = `send ${++sends}`;
    await send(from, group, action);
    await gateways[from]!.send({ to: { all: true }, action: `${action} is over` });
    await Promise.all(tabs.map((tab) => tab.next(`${action} is over`)));
    return tabs.filter((tab) => tab.frames.some((frame) => frame.action === action));
  }

  test('a tab is in the groups of its token from the welcome on', async () => {
    const [red, blue] = [freshGroup(), freshGroup()];
    const tab = await open(0, { groups: [red, blue] });
    assert.deepEqual((await tab.welcome()).groups, [red, blue]);
    assert.deepEqual(await reached(1, red, tab), [tab]);
    assert.deepEqual(await reached(1, blue, tab), [tab]);
    assert.deepEqual(await reached(1, freshGroup(), tab), []);
    await tab.close();
  });

  test('the reply to a join means that a send right after it arrives, whichever gateway it comes from', async () => {
    const tab = await open(0);
    for (let round = 0; round < 20; round++) {
      const group = freshGroup();
      tab.send('sys/join', [group], round);
      const { details, re } = await tab.next('sys/join');
      assert.deepEqual([details[0], re], [group, round]);
      assert.equal(await send(1, group, `hello ${round}`), 1);
      await tab.next(`hello ${round}`);
    }
    await tab.close();
  });

  test('joining twice is no error, and doubles nothing', async () => {
    const tab = await open(0);
    const group = freshGroup();
    for (const id of [1, 2]) {
      tab.send('sys/join', [group], id);
      assert.equal((await tab.next('sys/join')).re, id);
    }
    assert.deepEqual(await reached(1, group, tab), [tab]);
    assert.equal(tab.frames.filter(({ action }) => action === `send ${sends}`).length, 1);
    await tab.close();
  });

  test('what no pattern permits is error 403, also for those who are in the group by no pattern', async () => {
    const tab = await open(0, { groups: ['staff'], join: ['room/*/guests', 'lobby'] });
    for (const [id, group] of ['room/1', 'lobby2', 'staff2', 'Lobby', 'room/guests'].entries()) {
      tab.send('sys/join', [group], id);
      const { details, re } = await tab.next('sys/join:error');
      assert.deepEqual([details[0], re], [403, id], group);
      assert.deepEqual(await reached(1, group, tab), []);
    }
    for (const group of ['room/1/guests', 'lobby']) {
      tab.send('sys/join', [group]);
      assert.equal((await tab.next('sys/join')).details[0], group);
    }
    await tab.close();
  });

  test('what is no id is error 400, to join and to leave', async () => {
    const tab = await open(0, { join: ['*'] });
    for (const action of ['sys/join', 'sys/leave'])
      for (const details of [[], [''], [7], [null], [['room/1']], ['x'.repeat(129)], ['é'.repeat(65)]]) {
        tab.send(action, details, 1);
        const refusal = await tab.next(`${action}:error`);
        assert.deepEqual([refusal.details[0], refusal.re], [400, 1]);
        assert.match(refusal.details[1] as string, /^group: expected /);
      }
    tab.send('sys/join', ['x'.repeat(128)]);
    await tab.next('sys/join');
    await tab.close();
  });

  test('a tab may be in 100 groups, those of its token included', async () => {
    const own = Array.from({ length: 98 }, (_, n) => `own ${n}`);
    const tab = await open(0, { groups: own, join: ['*'] });
    for (const group of ['a', 'b', 'a']) {
      tab.send('sys/join', [group]);
      await tab.next('sys/join');
    }
    tab.send('sys/join', ['c']);
    assert.equal((await tab.next('sys/join:error')).details[0], 403);
    tab.send('sys/leave', ['own 0']);
    tab.send('sys/join', ['c']);
    assert.equal((await tab.next('sys/join')).details[0], 'c');
    await tab.close();
  });

  test('after the reply to a leave nothing comes any more; leaving twice is no error', async () => {
    const tab = await open(0);
    const group = freshGroup();
    tab.send('sys/join', [group]);
    await tab.next('sys/join');
    for (const id of [1, 2]) {
      tab.send('sys/leave', [group], id);
      const { details, re } = await tab.next('sys/leave');
      assert.deepEqual([details, re], [[group], id]);
      assert.deepEqual(await reached(1, group, tab), []);
    }
    await tab.close();
  });

  test('a group of the token can be left too', async () => {
    const group = freshGroup();
    const tab = await open(0, { groups: [group] });
    tab.send('sys/leave', [group]);
    await tab.next('sys/leave');
    assert.deepEqual(await reached(1, group, tab), []);
    await tab.close();
  });

  test('of two tabs of one user in a group one leaves; the other stays', async () => {
    const group = freshGroup();
    const tabs = [await open(0), await open(0)] as const;
    for (const tab of tabs) {
      tab.send('sys/join', [group]);
      await tab.next('sys/join');
    }
    assert.deepEqual(await reached(1, group, ...tabs), tabs);
    tabs[0].send('sys/leave', [group]);
    await tabs[0].next('sys/leave');
    assert.deepEqual(await reached(1, group, ...tabs), [tabs[1]]);
    await tabs[1].close();
    assert.deepEqual(await reached(1, group, tabs[0]), []);
    await tabs[0].close();
  });

  test('a group ends with the connection, on Redis too', async () => {
    const group = freshGroup();
    const tab = await open(0);
    tab.send('sys/join', [group]);
    await tab.next('sys/join');
    assert.equal(await send(1, group, 'hello'), 1);
    tab.socket.terminate();
    await until('nobody to be subscribed', async () => (await send(1, group, 'hello')) === 0);
    const back = await open(0);
    assert.deepEqual(await reached(1, group, back), []);
    await back.close();
  });

  describe('while Redis does not answer', () => {
    test('a join is not answered until Redis has confirmed it', async () => {
      const tab = await open(0);
      const group = freshGroup();
      two.redis.stop();
      tab.send('sys/join', [group]);
      tab.send('nothing handles this');
      await tab.next('nothing handles this:error');
      assert.ok(tab.frames.every(({ action }) => action !== 'sys/join'));
      two.redis.cont();
      await tab.next('sys/join');
      assert.deepEqual(await reached(1, group, tab), [tab]);
      await tab.close();
    });

    test('a join that is taken back is answered with 410, and leaves nothing behind', async () => {
      const tab = await open(0);
      const group = freshGroup();
      two.redis.stop();
      tab.send('sys/join', [group], 'in');
      tab.send('sys/leave', [group], 'out');
      const refusal = await tab.next('sys/join:error');
      two.redis.cont();
      assert.deepEqual([refusal.details[0], refusal.re], [410, 'in']);
      await until('the leave to be answered', () => tab.frames.some(({ re }) => re === 'out'));
      assert.deepEqual(await reached(1, group, tab), []);
      await tab.close();
    });
  });

  test('in and out 500 times, with sends in between, ends where the last word says', async () => {
    const group = freshGroup();
    const [stays, goes] = [await open(0), await open(1)];
    const sending: Promise<number>[] = [];
    for (let round = 0; round < 500; round++) {
      for (const tab of [stays, goes]) {
        tab.send('sys/join', [group], `in ${round}`);
        tab.send('sys/leave', [group], `out ${round}`);
      }
      if (round % 10 === 0) sending.push(send(round % 20 === 0 ? 0 : 1, group, 'in between'));
    }
    stays.send('sys/join', [group], 'last');
    goes.send('sys/leave', [group], 'last');
    const answers = ({ frames }: TestTab) => frames.filter(({ re }) => re !== undefined).length;
    await until('every frame to be answered', () => [stays, goes].every((tab) => answers(tab) >= 1001));
    await Promise.all(sending);
    for (const tab of [stays, goes]) assert.equal(answers(tab), 1001);
    for (const from of [0, 1] as const) assert.deepEqual(await reached(from, group, stays, goes), [stays]);
    await until('only one gateway to be subscribed', async () => (await send(1, group, 'hello')) === 1);
    for (const tab of [stays, goes]) await tab.close();
  });
});
