import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { UserPresence } from '../../src/cluster/presence.js';
import { layCable } from '../support/cable.js';
import { GatewayProcess } from '../support/gateway.js';
import { type TabEncoding, TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/** Groups that the backend puts users into while they are there, and before. Two gateways on one real Redis. */
describe('memberships', () => {
  const two = new TwoGateways({ ANONYMOUS: 'true' });
  const { gateways } = two;
  let fences = 0;

  const change = async (method: 'PUT' | 'DELETE', group: string, user: string, at = 0): Promise<unknown> => {
    const path = `/v1/groups/${encodeURIComponent(group)}/users/${encodeURIComponent(user)}`;
    const answer = await gateways[at]!.api(path, { method });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  const open = async (at: number, user: string, grant = {}, encoding: TabEncoding = 'json') =>
    TestTab.open(gateways[at]!.socketUrl, { token: await tokenFor(user, grant), encoding });
  const closeAll = (tabs: readonly TestTab[]) => Promise.all(tabs.map((tab) => tab.close()));

  /** Sends to a group, and returns which of these tabs of one user get it. */
  async function reached(group: string, user: string, tabs: readonly TestTab[]): Promise<boolean[]> {
    const number = ++fences;
    await gateways[1]!.send({ to: { group }, action: `word ${number}` });
    await gateways[1]!.send({ to: { user }, action: `fence ${number}` });
    await Promise.all(tabs.map((tab) => tab.next(`fence ${number}`)));
    return tabs.map((tab) => tab.frames.some(({ action }) => action === `word ${number}`));
  }

  /** The groups of a tab as its client knows them: what the welcome said, and what it was told since. */
  function told({ frames }: TestTab): string[] {
    const groups = new Set<unknown>();
    for (const { action, details } of frames) {
      if (action === 'sys/welcome')
        for (const group of (details[0] as { groups: string[] }).groups) groups.add(group);
      if (action === 'sys/join') groups.add(details[0]);
      if (action === 'sys/leave') groups.delete(details[0]);
    }
    return [...groups].sort() as string[];
  }

  test('a user is put into a group on every gateway at once, and taken out again', async () => {
    const tabs = [await open(0, 'ann'), await open(1, 'ann', {}, 'msgpack'), await open(1, 'ann')];
    const stranger = await open(0, 'bob');
    assert.deepEqual(await change('PUT', 'red', 'ann'), { gateways: 2 });
    const joined = await Promise.all(tabs.map((tab) => tab.next('sys/join')));
    for (const { details, re } of joined) assert.deepEqual([details[0], re], ['red', undefined]);
    assert.deepEqual(await reached('red', 'ann', tabs), [true, true, true]);
    assert.deepEqual(told(stranger), []);

    assert.deepEqual(await change('DELETE', 'red', 'ann', 1), { gateways: 2 });
    const left = await Promise.all(tabs.map((tab) => tab.next('sys/leave')));
    for (const frame of left) assert.deepEqual(frame, { action: 'sys/leave', details: ['red'] });
    assert.deepEqual(await reached('red', 'ann', tabs), [false, false, false]);
    await closeAll([...tabs, stranger]);
  });

  test('tabs that open later are in the group too, after a reload as well; until the user is taken out', async () => {
    assert.deepEqual(await change('PUT', 'red', 'cid'), { gateways: 0 });
    const first = await open(0, 'cid', { groups: ['own'] });
    assert.deepEqual(told(first), ['own', 'red']);
    await first.close();
    const tabs = [await open(0, 'cid'), await open(1, 'cid', {}, 'msgpack')];
    assert.deepEqual(await reached('red', 'cid', tabs), [true, true]);
    await closeAll(tabs);
    await change('DELETE', 'red', 'cid');
    const last = await open(1, 'cid');
    assert.deepEqual(told(last), []);
    await last.close();
  });

  test('putting twice tells nothing twice', async () => {
    const tab = await open(0, 'dan', { groups: ['own'] });
    for (const group of ['red', 'own', 'red', 'end']) await change('PUT', group, 'dan', 1);
    const joins = () =>
      tab.frames.filter(({ action }) => action === 'sys/join').map(({ details }) => details[0]);
    await until('the last one', () => joins().includes('end'));
    assert.deepEqual(joins(), ['red', 'end']);
    await tab.close();
  });

  test('a new token does not take a tab out of a group that the backend has put it into', async () => {
    const tab = await open(0, 'eve', { groups: ['old'] });
    for (const group of ['red', 'old']) await change('PUT', group, 'eve');
    await tab.next('sys/join');
    tab.send('sys/auth', [await tokenFor('eve', { groups: ['new'] })], 1);
    const { details } = await tab.next('sys/auth');
    assert.deepEqual((details[0] as { groups: string[] }).groups.sort(), ['new', 'old', 'red']);
    assert.deepEqual(await reached('red', 'eve', [tab]), [true]);
    await tab.close();
  });

  test('whatever has put a tab into a group, it is taken out: its token, or itself', async () => {
    const tab = await open(0, 'fay', { groups: ['red'], join: ['blue'] });
    tab.send('sys/join', ['blue'], 1);
    await tab.next('sys/join');
    for (const group of ['red', 'blue']) await change('DELETE', group, 'fay');
    await tab.next('sys/leave');
    await tab.next('sys/leave');
    assert.deepEqual(told(tab), []);
    assert.deepEqual(await reached('red', 'fay', [tab]), [false]);
    await tab.close();
  });

  test('a tab may leave such a group by itself, and can be put into it again', async () => {
    const tab = await open(0, 'gus');
    await change('PUT', 'red', 'gus');
    await tab.next('sys/join');
    tab.send('sys/leave', ['red'], 1);
    await tab.next('sys/leave');
    assert.deepEqual(await reached('red', 'gus', [tab]), [false]);
    await change('PUT', 'red', 'gus');
    await tab.next('sys/join');
    assert.deepEqual(await reached('red', 'gus', [tab]), [true]);
    await tab.close();
  });

  test('an anonymous tab that shows a token is in the groups of its user', async () => {
    await change('PUT', 'red', 'hal');
    const tab = await TestTab.open(gateways[0]!.socketUrl, {});
    tab.send('sys/auth', [await tokenFor('hal')], 1);
    const { details } = await tab.next('sys/auth');
    assert.deepEqual((details[0] as { groups: string[] }).groups, ['red']);
    assert.deepEqual(await reached('red', 'hal', [tab]), [true]);
    await tab.close();
  });

  test('a change while tabs are opening is found or heard by each of them', async () => {
    const token = await tokenFor('ida');
    for (let round = 0; round < 6; round++) {
      const method = round % 2 === 0 ? 'PUT' : 'DELETE';
      const tabs: TestTab[] = [];
      const opening = (count: number) => {
        for (let n = 0; n < count; n++)
          tabs.push(TestTab.connect(gateways[n % 2]!.socketUrl, { token, encoding: 'json' }));
      };
      opening(10);
      // Some of the tabs are on their way, each a bit further than the other.
      await tabs[round]!.welcome();
      opening(10);
      await change(method, 'red', 'ida', round % 2);
      opening(10);
      await Promise.all(tabs.map((tab) => tab.welcome()));
      const wanted = method === 'PUT' ? ['red'] : [];
      await until(`all tabs to know of the ${method}`, () =>
        tabs.every((tab) => told(tab).join() === wanted.join()),
      );
      assert.deepEqual(await reached('red', 'ida', tabs), Array(tabs.length).fill(method === 'PUT'));
      await closeAll(tabs);
    }
  });

  test('ids are percent-encoded in the path, and checked', async () => {
    const [user, group] = ['a/b %', '{ü}:*'];
    const tab = await open(1, user);
    assert.deepEqual(await change('PUT', group, user), { gateways: 1 });
    assert.equal((await tab.next('sys/join')).details[0], group);
    await tab.close();
    for (const [path, field] of [
      [`/v1/groups/${'x'.repeat(129)}/users/ann`, 'id'],
      [`/v1/groups/red/users/${'x'.repeat(129)}`, 'user'],
      ['/v1/groups/red/users/%ff', 'user'],
    ] as const)
      for (const method of ['PUT', 'DELETE']) {
        const answer = await gateways[0]!.api(path, { method });
        const problem = (await answer.json()) as { field: string; expected: string };
        assert.deepEqual([answer.status, problem.field], [400, field]);
        assert.match(problem.expected, /128 bytes|percent-encoded/);
      }
  });

  test('each order is logged with whom it was about', async () => {
    await change('PUT', 'logged', 'kim');
    const line = await until('the line', () => gateways[0]!.log.find(({ group }) => group === 'logged'));
    assert.deepEqual(
      [line?.['order'], line?.['user'], line?.['gateways'], line?.level],
      ['put', 'kim', 0, 30],
    );
  });

  test('a tab waits for a registry that does not answer, and then lacks nothing', async () => {
    const cable = await layCable(two.redis.port);
    const url = `redis://127.0.0.1:${cable.port}`;
    const gateway = await GatewayProcess.start({ REDIS_URL: url, REDIS_TIMEOUT: '200' });
    await change('PUT', 'red', 'max');
    cable.swallow(':registry');
    const tab = TestTab.connect(gateway.socketUrl, { token: await tokenFor('max') });
    await until('the user to be heard for', async () => {
      const answer = await gateway.send({ to: { user: 'max' }, action: 'too early' });
      return ((await answer.json()) as Record<string, { gateways: number }>)['user:max']?.gateways === 1;
    });
    // What is asked now has waited in vain when this has, and so has the tab.
    const path = '/v1/groups/blue/users/max';
    assert.equal((await gateway.api(path, { method: 'PUT' })).status, 503);
    assert.deepEqual(tab.frames, []);
    const clients = String(await two.redis.cli('CLIENT', 'LIST')).split('\n');
    const registry = clients.find((line) => line.includes(`name=tabcast:${gateway.id}:registry`));
    await two.redis.cli('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(registry!)![1]!);
    await tab.welcome();
    assert.deepEqual(told(tab), ['blue', 'red']);
    await tab.close();
    await gateway.kill();
    await cable.close();
  });

  test('a key of somebody else in the place of the groups of a user concerns that user alone', async () => {
    await change('PUT', 'red', 'pat');
    const [key] = (await two.redis.cli('KEYS', '*:g:user:pat')) as string[];
    await two.redis.cli('DEL', key!);
    await two.redis.cli('SET', key!, 'x');
    const { socketUrl } = gateways[0]!;
    const unlucky = TestTab.connect(socketUrl, { token: await tokenFor('pat') });
    assert.equal((await unlucky.closed).code, 4003);
    const other = await TestTab.open(socketUrl, { token: await tokenFor('sue') });
    await two.redis.cli('DEL', key!);
    const healed = await TestTab.open(socketUrl, { token: await tokenFor('pat') });
    for (const tab of [other, healed]) await tab.close();
  });

  test('what the registry remembers outlives the gateways', async () => {
    await change('PUT', 'red', 'lea');
    const late = await GatewayProcess.start({ REDIS_URL: two.redis.url });
    const tab = await TestTab.open(late.socketUrl, { token: await tokenFor('lea') });
    assert.deepEqual(told(tab), ['red']);
    const seen = (await (await gateways[0]!.api('/v1/users/lea')).json()) as UserPresence;
    assert.deepEqual([seen.gateways, seen.groups], [[late.id], ['red']]);
    await tab.close();
    await late.kill();
  });
});
