import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/** Closing tabs from the backend, as their clients see it. Two gateways on one real Redis. */
describe('disconnect', () => {
  const two = new TwoGateways({ ANONYMOUS: 'true' });
  const { gateways } = two;

  const post = (body: unknown): Promise<Response> =>
    gateways[0]!.api('/v1/disconnect', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const disconnect = async (body: object): Promise<unknown> => {
    const answer = await post(body);
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  /** Two logins of a user, each with a tab on either gateway. */
  const openFour = async (user: string) => {
    const tabs = { home: [] as TestTab[], work: [] as TestTab[] };
    for (const session of ['home', 'work'] as const)
      for (const { socketUrl } of gateways)
        tabs[session].push(await TestTab.open(socketUrl, { token: await tokenFor(user, { session }) }));
    return tabs;
  };
  /** A tab still hears what is sent to it. */
  const lives = async (tab: TestTab) => {
    await gateways[0]!.send({ to: { connection: tab.connection }, action: 'still there' });
    await tab.next('still there');
  };

  test('a user: every tab on every gateway, and nobody else', async () => {
    const { home, work } = await openFour('ann');
    const other = await TestTab.open(gateways[1]!.socketUrl, { token: await tokenFor('bob') });
    assert.deepEqual(await disconnect({ user: 'ann' }), { gateways: 2 });
    for (const tab of [...home, ...work])
      assert.deepEqual(await tab.closed, { code: 4407, reason: 'dismissed' });
    await lives(other);
    await other.close();
  });

  test('one login of a user', async () => {
    const { home, work } = await openFour('cid');
    assert.deepEqual(await disconnect({ user: 'cid', session: 'home', reconnect: true }), { gateways: 2 });
    for (const tab of home) assert.deepEqual(await tab.closed, { code: 4007, reason: 'disconnected' });
    for (const tab of work) await lives(tab);
    await disconnect({ user: 'cid' });
    for (const tab of work) await tab.closed;
  });

  test('one connection, an anonymous one too', async () => {
    for (const options of [{ token: await tokenFor('dan') }, {}]) {
      const tabs = [];
      for (const { socketUrl } of gateways) tabs.push(await TestTab.open(socketUrl, options));
      assert.deepEqual(await disconnect({ connection: tabs[1]!.connection, code: 4321 }), { gateways: 1 });
      assert.deepEqual(await tabs[1]!.closed, { code: 4321, reason: 'application' });
      await lives(tabs[0]!);
      await tabs[0]!.close();
    }
  });

  test('codes of the application are counted under one reason', async () => {
    const tabs = await Promise.all(
      [0, 0].map(async () =>
        TestTab.open(gateways[0]!.socketUrl, { token: await tokenFor('eve', { session: 's' }) }),
      ),
    );
    const name = 'tabcast_tabs_closed_total{reason="application"}';
    const before = (await gateways[0]!.metric(name))!;
    await disconnect({ user: 'eve', session: 's', code: 4900, reconnect: false });
    for (const tab of tabs) assert.deepEqual(await tab.closed, { code: 4900, reason: 'application' });
    await until('both to be counted', async () => (await gateways[0]!.metric(name)) === before + 2);
  });

  test('who is not there cannot be closed, and the answer says so', async () => {
    assert.deepEqual(await disconnect({ user: 'nobody' }), { gateways: 0 });
    assert.deepEqual(await disconnect({ connection: 'nosuchgateway-1' }), { gateways: 0 });
  });

  const hostile: [unknown, string | undefined, RegExp][] = [
    ['{"user":', undefined, /"user": "…"/],
    ['', undefined, /"user": "…"/],
    [[], '', /an object/],
    [{ user: 'ann', code: 1006 }, 'code', /4300 to 4399 or 4900 to 4999/],
    [{ user: 'ann', session: {} }, 'session', /a string/],
    [{ connection: 'x'.repeat(100) }, 'connection', /a connection id/],
    [{ user: 'ann', all: true }, 'all', /only user/],
    ['{"__proto__":{"user":"ann"}}', '__proto__', /only user/],
  ];
  for (const [body, field, expected] of hostile)
    test(`${JSON.stringify(body)?.slice(0, 50)} is refused with field and expectation`, async () => {
      const answer = await post(body);
      const problem = (await answer.json()) as { field?: string; expected: string };
      assert.deepEqual([answer.status, problem.field], [400, field]);
      assert.match(problem.expected, expected);
    });

  test('each order is logged with whom it was about, and without the key', async () => {
    await disconnect({ user: 'logged', code: 4300 });
    const line = await until('the line', () =>
      gateways[0]!.log.find(({ channel }) => channel === 'user:logged'),
    );
    assert.deepEqual([line?.['order'], line?.['code'], line?.level], ['close', 4300, 30]);
    assert.ok(!JSON.stringify(gateways[0]!.log).includes('an-api-key-of-the-tests'));
  });
});
