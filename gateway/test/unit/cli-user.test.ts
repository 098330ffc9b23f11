import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { userText } from '../../src/cli/user.js';
import type { UserPresence } from '../../src/cluster/presence.js';
import { AnsweringGateway } from './cli-gateway.js';
import { tabcast } from './cli-process.js';

const since = Date.UTC(2026, 10, 21, 9, 30);
const offline: UserPresence = {
  ...{ user: 'a/b', online: false, tabs: 0, sessions: [], gateways: [], groups: [], since: null },
  ...{ connections: [], cut: false, complete: true },
};
const online: UserPresence = {
  ...{
    user: 'a/b',
    online: true,
    tabs: 2,
    sessions: ['s1'],
    gateways: ['gw1', 'gw2'],
    groups: ['red', 'x"y'],
  },
  since,
  connections: [
    { connection: 'gw1-1', gateway: 'gw1', session: 's1', groups: ['red'], since },
    { connection: 'gw2-z', gateway: 'gw2', session: null, groups: ['x"y'], since: since + 1500 },
  ],
  ...{ cut: false, complete: true },
};

describe('tabcast user', () => {
  const gateway = new AnsweringGateway(online);

  test('who is online, with every tab', () => {
    assert.deepEqual(userText(online).split('\n'), [
      '"a/b" is online: 2 tabs on 2 gateways',
      'sessions: "s1"',
      'groups: "red", "x\\"y"',
      '  gw1-1  since 2026-11-21T09:30:00.000Z  session "s1"',
      '  gw2-z  since 2026-11-21T09:30:01.500Z',
    ]);
  });

  test('who is offline, and what is not known', () => {
    assert.equal(userText(offline), '"a/b" is offline');
    assert.equal(
      userText({ ...offline, online: true, complete: false }),
      '"a/b" is online\nnot every gateway that holds the user has answered: there may be more tabs',
    );
    const cut = userText({ ...online, tabs: 5000, gateways: ['gw1'], cut: true }).split('\n');
    assert.deepEqual([cut[0], cut.at(-1)], ['"a/b" is online: 5000 tabs on 1 gateway', '  and 4998 more']);
  });

  test('asks the gateway, percent-encoded; --json prints its answer as it is', async () => {
    const args = ['user', 'a/b', '--url', gateway.url, '--key', 'key-of-the-tests'];
    const { code, out } = await tabcast(args);
    assert.deepEqual([code, out], [0, `${userText(online)}\n`]);
    assert.deepEqual(JSON.parse((await tabcast([...args, '--json'])).out), online);
    assert.deepEqual(gateway.asked, ['/v1/users/a%2Fb', '/v1/users/a%2Fb']);
  });

  test('a refusal exits with 1, a wrong command line with 2', async () => {
    assert.deepEqual(await tabcast(['user', '42', '--url', gateway.url]), {
      ...{ code: 1, out: '', err: 'tabcast: the gateway answered 401: No key\n' },
    });
    for (const [words, complaint] of [
      [[], /expected the id of one user, given none/],
      [['1', '2'], /expected the id of one user, given "1" "2"/],
      [['x'.repeat(129)], /expected at most 128 bytes/],
    ] as const) {
      const { code, err } = await tabcast(['user', ...words, '--url', gateway.url]);
      assert.equal(code, 2);
      assert.match(err, complaint);
    }
  });
});
