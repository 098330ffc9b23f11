import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { noPhp } from '../support/php.js';
import { origin, PhpApplication } from '../support/php-application.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

describe('an application in PHP says who its visitors are', { skip: noPhp }, () => {
  const php = new PhpApplication();

  /** Status and text of a handshake that is refused, and when to come back. */
  function refusal(
    query: string,
    headers: Record<string, string> = {},
  ): Promise<[number, string, string | undefined]> {
    const socket = new WebSocket(php.gateway.socketUrl + query, { headers });
    return new Promise((resolve) => {
      socket.on('error', () => {});
      socket.on('unexpected-response', async (_request, response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve([response.statusCode!, text.trim(), response.headers['retry-after']]);
      });
    });
  }

  test('a page whose visitor is logged in is a tab of that user, with groups', async () => {
    const tab = await php.openAs('ann', '?theme=dark');
    const { user, session, groups, expires } = await tab.welcome();
    assert.deepEqual({ user, groups, expires }, { user: 'ann', groups: ['members'], expires: null });
    assert.match(session!, /^[0-9a-f]{16}$/);
    tab.send('sys/join', ['room/1'], 1);
    assert.equal((await tab.next('sys/join')).details[0], 'room/1');

    const { data } = php.events().at(-1)!;
    assert.deepEqual([data['query'], data['address']], ['theme=dark', '127.0.0.1']);
    assert.equal(data.headers['origin'], origin);
    assert.deepEqual(
      Object.keys(data.headers).filter((name) => /^sec-|^upgrade$|^connection$/.test(name)),
      [],
    );
    await tab.close();
  });

  test('a page whose visitor is not logged in is an anonymous tab, and may bring a token later', async () => {
    const tab = await TestTab.open(php.gateway.socketUrl, {});
    assert.equal((await tab.welcome()).user, null);
    assert.equal(php.events().at(-1)!.data['query'], '');
    tab.send('sys/auth', [await tokenFor('bob')], 1);
    assert.equal(((await tab.next('sys/auth')).details[0] as { user: string }).user, 'bob');
    await tab.close();
  });

  test('a token proves enough: nobody is asked', async () => {
    const connects = () => php.events().filter(({ type }) => type === 'connect').length;
    const asked = connects();
    const tab = await TestTab.open(php.gateway.socketUrl, { token: await tokenFor('bob') });
    assert.equal((await tab.welcome()).user, 'bob');
    assert.equal(connects(), asked);
    await tab.close();
  });

  test('where PHP says who comes, nobody gets past it by a shared socket', async () => {
    const other = await php.start(['connect'], { ANONYMOUS: 'true' });
    try {
      const socket = await SharedTestSocket.open(other.socketUrl);
      const unproven = socket.connect();
      await socket.openTab({ token: await tokenFor('bob') });
      assert.deepEqual(unproven.frames, []);
    } finally {
      await other.kill('SIGTERM');
    }
  });

  test('who is refused gets 403; when PHP cannot say, the page is to come back', async () => {
    for (const status of [401, 403])
      assert.deepEqual(await refusal(`?status=${status}`), [
        403,
        'The application refused this visitor',
        undefined,
      ]);
    for (const status of [404, 500])
      assert.deepEqual(await refusal(`?status=${status}`), [
        503,
        'The application did not say who this visitor is',
        '2',
      ]);
    const [status, text] = await refusal('', { cookie: await php.logIn('ann') });
    assert.equal(status, 403);
    assert.match(text, /needs an Origin header/);
    const handshakes = (outcome: string) =>
      php.gateway.metric(`tabcast_handshakes_total{outcome="${outcome}"}`);
    assert.equal(await handshakes('backend-refused'), 2);
    assert.equal(await handshakes('backend-unavailable'), 2);
  });

  test('an identity that ends is told so and closed, as with a token', async () => {
    const tab = await php.openAs('ann', '?seconds=1');
    const { expires } = await tab.welcome();
    assert.equal(expires! % 1000, 0);
    const { details } = await tab.next('sys/expired');
    assert.ok((details[0] as { closesIn: number }).closesIn <= 10_000);
    await tab.close();
  });

  test('beside functions that take the actions, PHP says who comes', async (t) => {
    const mixed = await php.start(['connect', 'disconnect'], {
      HANDLERS: fileURLToPath(new URL('../support/application.js', import.meta.url)),
    });
    t.after(() => mixed.kill());
    const headers = { origin, cookie: await php.logIn('ann') };
    const tab = await TestTab.open(mixed.socketUrl, { headers });
    const { connection } = await tab.welcome();
    tab.send('who');
    const { details } = await tab.next('who');
    assert.equal((details[0] as { user: string }).user, 'ann');
    await tab.close();
    const own = () => php.events().filter(({ data }) => data['connection'] === connection);
    await until('the disconnect', () => own().length === 1);
    assert.equal(own()[0]!.type, 'disconnect');
  });
});
