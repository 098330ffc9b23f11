import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GroupPresence, UserPresence } from '../../src/cluster/presence.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/** Who is online and where, asked of either of two gateways on one real Redis. */
describe('users and groups', () => {
  const two = new TwoGateways({ ANONYMOUS: 'true' });
  const { gateways } = two;

  const userSeenBy = async (gateway: number, id: string): Promise<UserPresence> => {
    const answer = await gateways[gateway]!.api(`/v1/users/${encodeURIComponent(id)}`);
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as UserPresence;
  };
  const groupSeenBy = async (gateway: number, id: string): Promise<GroupPresence> =>
    (await (await gateways[gateway]!.api(`/v1/groups/${encodeURIComponent(id)}`)).json()) as GroupPresence;
  const idsOf = (...indices: number[]) => indices.map((index) => gateways[index]!.id).sort();

  test('a user with tabs in both encodings on both gateways, as either of them tells it', async () => {
    const began = Date.now();
    const opened: { tab: TestTab; gateway: string; session: string; groups: string[] }[] = [];
    for (const gateway of gateways)
      for (const encoding of ['json', 'msgpack'] as const) {
        const [session, groups] = encoding === 'json' ? ['home', ['red', 'blue']] : ['work', ['red']];
        const token = await tokenFor('ann', { session: session as string, groups: groups as string[] });
        const tab = await TestTab.open(gateway.socketUrl, { token, encoding });
        opened.push({ tab, gateway: gateway.id, session: session as string, groups: groups as string[] });
      }
    const other = await TestTab.open(gateways[1]!.socketUrl, {
      token: await tokenFor('bob', { groups: ['red'] }),
    });
    for (const asked of [0, 1]) {
      const { connections, since, ...rest } = await userSeenBy(asked, 'ann');
      assert.deepEqual(rest, {
        ...{ user: 'ann', online: true, tabs: 4, sessions: ['home', 'work'], groups: ['blue', 'red'] },
        ...{ gateways: idsOf(0, 1), cut: false, complete: true },
      });
      const byId = new Map(connections.map((connection) => [connection.connection, connection]));
      for (const { tab, gateway, session, groups } of opened) {
        const { since: welcomed, ...seen } = byId.get(tab.connection)!;
        assert.deepEqual(seen, { connection: tab.connection, gateway, session, groups });
        assert.ok(welcomed >= began && welcomed <= Date.now());
      }
      assert.equal(byId.size, opened.length);
      assert.equal(since, Math.min(...connections.map((connection) => connection.since)));
      assert.deepEqual(await groupSeenBy(asked, 'red'), {
        ...{ group: 'red', tabs: 5, gateways: idsOf(0, 1), cut: false, complete: true },
        users: [
          { user: 'ann', tabs: 4 },
          { user: 'bob', tabs: 1 },
        ],
      });
      assert.deepEqual((await groupSeenBy(asked, 'blue')).users, [{ user: 'ann', tabs: 2 }]);
    }
    for (const { tab } of opened) await tab.close();
    await other.close();
    // A gateway stays subscribed for a moment, but knows that nobody is there.
    assert.deepEqual(await userSeenBy(0, 'ann'), {
      ...{ user: 'ann', online: false, tabs: 0, sessions: [], gateways: [], groups: [], since: null },
      ...{ connections: [], cut: false, complete: true },
    });
  });

  test('who was never here is offline, and groups are empty, without waiting for anybody', async () => {
    const before = await gateways[0]!.metric('tabcast_questions_total{outcome="complete"}');
    assert.equal((await userSeenBy(0, 'nobody')).online, false);
    assert.deepEqual(await groupSeenBy(0, 'nothing'), {
      ...{ group: 'nothing', tabs: 0, gateways: [], users: [], cut: false, complete: true },
    });
    assert.equal(await gateways[0]!.metric('tabcast_questions_total{outcome="complete"}'), before! + 2);
  });

  test('an anonymous tab is no user', async () => {
    const tab = await TestTab.open(gateways[0]!.socketUrl, {});
    assert.equal((await userSeenBy(0, 'null')).online, false);
    await tab.close();
  });

  for (const id of ['a/b', '50%', 'ünï/ço dé', '{x}:*?[y]', '.a..', '\0\n', 'https://a.example/?q=1#h'])
    test(`the id ${JSON.stringify(id)} is found, percent-encoded`, async () => {
      const token = await tokenFor(id, { groups: [id] });
      const tab = await TestTab.open(gateways[0]!.socketUrl, { token });
      const path = encodeURIComponent(id);
      const user = (await (await gateways[1]!.api(`/v1/users/${path}`)).json()) as UserPresence;
      assert.deepEqual([user.user, user.tabs, user.groups], [id, 1, [id]]);
      const group = (await (await gateways[1]!.api(`/v1/groups/${path}`)).json()) as GroupPresence;
      assert.deepEqual([group.group, group.users], [id, [{ user: id, tabs: 1 }]]);
      await tab.close();
    });

  const refused: [string, string, string][] = [
    [`/v1/users/${'x'.repeat(129)}`, 'id', 'at most 128 bytes of UTF-8'],
    [`/v1/groups/${encodeURIComponent('ü'.repeat(65))}`, 'id', 'at most 128 bytes of UTF-8'],
    ['/v1/users/%ff', 'id', 'percent-encoded UTF-8'],
    ['/v1/groups/%ED%A0%80', 'id', 'percent-encoded UTF-8'],
  ];
  for (const [path, field, expected] of refused)
    test(`${path.slice(0, 20)} is refused with field and expectation`, async () => {
      const answer = await gateways[0]!.api(path);
      const problem = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual([answer.status, problem['field'], problem['expected']], [400, field, expected]);
    });

  test('nothing is told without an API key', async () => {
    for (const path of ['/v1/users/ann', '/v1/groups/red']) {
      const answer = await fetch(`http://127.0.0.1:${gateways[0]!.internalPort}${path}`);
      assert.equal(answer.status, 401);
    }
  });

  test('a gateway that does not answer is waited for in vain, and the answer says so', async () => {
    const tabs = [];
    for (const { socketUrl } of gateways)
      tabs.push(await TestTab.open(socketUrl, { token: await tokenFor('cid', { groups: ['slow'] }) }));
    process.kill(gateways[1]!.pid, 'SIGSTOP');
    try {
      const { online, tabs: count, gateways: holding, complete } = await userSeenBy(0, 'cid');
      assert.deepEqual(
        { online, count, holding, complete },
        {
          ...{ online: true, count: 1, holding: idsOf(0), complete: false },
        },
      );
      assert.equal((await groupSeenBy(0, 'slow')).complete, false);
      assert.equal(await gateways[0]!.metric('tabcast_questions_total{outcome="incomplete"}'), 2);
    } finally {
      process.kill(gateways[1]!.pid, 'SIGCONT');
    }
    await until('both to answer', async () => (await userSeenBy(0, 'cid')).complete);
    const whole = await userSeenBy(0, 'cid');
    assert.deepEqual([whole.tabs, whole.gateways], [2, idsOf(0, 1)]);
    for (const tab of tabs) await tab.close();
  });

  test('without Redis the answer is 503, as for sends', async () => {
    await two.redis.kill();
    const statuses = new Set<number>();
    await until('the gateway to notice', async () => {
      statuses.add((await gateways[0]!.api('/v1/users/ann')).status);
      return statuses.has(503);
    });
    assert.deepEqual(
      [...statuses].filter((status) => status !== 200),
      [503],
    );
    await two.redis.restart();
  });
});
