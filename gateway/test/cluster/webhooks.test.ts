import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { blockWith, documentAt } from '../support/documents.js';
import { GatewayProcess } from '../support/gateway.js';
import { noPhp, type PhpServer, startPhp } from '../support/php.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * A gateway before an application in PHP, which verifies signatures by the code that docs/webhooks.md shows, and
 * knows its visitors by PHP's own sessions.
 */

const oldSecret = `whsec_${Buffer.from('the secret that PHP still checks').toString('base64')}`;
const newSecret = `whsec_${Buffer.from('the secret that is to replace it').toString('base64')}`;
const origin = 'https://app.example';
const router = fileURLToPath(new URL('../../../test/support/application.php', import.meta.url));

interface Event {
  type: string;
  id: string;
  data: Record<string, unknown> & { headers: Record<string, string> };
}

describe('an application in PHP', { skip: noPhp }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tabcast-php-'));
  let php: PhpServer;
  let gateway: GatewayProcess;

  before(async () => {
    const document = documentAt('docs/webhooks.md');
    const [verify, identify] = ['webhook(', 'visitor('].map((name) =>
      blockWith(document, 'php', `function ${name}`),
    );
    const functions = join(scratch, 'functions.php');
    writeFileSync(functions, verify! + identify!.replace('<?php', ''));
    const environment = { WEBHOOK: functions, WEBHOOK_SECRET: oldSecret, SCRATCH: scratch };
    php = await startPhp(router, environment);
    gateway = await start(['connect', 'action', 'disconnect']);
  });
  after(async () => {
    await gateway.kill('SIGTERM');
    await php.close();
    rmSync(scratch, { recursive: true });
  });

  function start(events: string[], options: Record<string, string> = {}): Promise<GatewayProcess> {
    return GatewayProcess.start({
      WEBHOOK_URL: php.url,
      WEBHOOK_SECRETS: [newSecret, oldSecret].join(),
      WEBHOOK_EVENTS: events.join(),
      WEBHOOK_PRIVATE_NETWORKS: 'true',
      DRAIN_LAME_DUCK: '0',
      DRAIN_WINDOW: '0',
      ...options,
    });
  }

  /** What PHP was asked and told, from the first event on. */
  function events(): Event[] {
    const lines = readFileSync(join(scratch, 'events'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  /** Logs in as a page would, and returns the cookie. */
  async function logIn(user: string): Promise<string> {
    const answer = await fetch(`${php.url}?user=${user}`);
    return answer.headers.get('set-cookie')!.split(';')[0]!;
  }

  async function openAs(user: string, query = ''): Promise<TestTab> {
    const tab = TestTab.connect(gateway.socketUrl + query, {
      headers: { origin, cookie: await logIn(user) },
    });
    await tab.welcome();
    return tab;
  }

  /** Status and text of a handshake that is refused. */
  function refusal(
    query: string,
    headers: Record<string, string>,
  ): Promise<[number, string, string | undefined]> {
    const socket = new WebSocket(gateway.socketUrl + query, { headers });
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
    const tab = await openAs('ann', '?theme=dark');
    const { user, session, groups, expires } = await tab.welcome();
    assert.deepEqual({ user, groups, expires }, { user: 'ann', groups: ['members'], expires: null });
    assert.match(session!, /^[0-9a-f]{16}$/);
    tab.send('sys/join', ['room/1'], 1);
    assert.equal((await tab.next('sys/join')).details[0], 'room/1');

    const { data } = events().at(-1)!;
    assert.deepEqual([data['query'], data['address']], ['theme=dark', '127.0.0.1']);
    assert.equal(data.headers['origin'], origin);
    assert.deepEqual(
      Object.keys(data.headers).filter((name) => /^sec-|^upgrade$|^connection$/.test(name)),
      [],
    );
    await tab.close();
  });

  test('a page whose visitor is not logged in is an anonymous tab, and may bring a token later', async () => {
    const tab = await TestTab.open(gateway.socketUrl, {});
    assert.equal((await tab.welcome()).user, null);
    assert.equal(events().at(-1)!.data['query'], '');
    tab.send('sys/auth', [await tokenFor('bob')], 1);
    assert.equal(((await tab.next('sys/auth')).details[0] as { user: string }).user, 'bob');
    await tab.close();
  });

  test('a token proves enough: nobody is asked', async () => {
    const connects = () => events().filter(({ type }) => type === 'connect').length;
    const asked = connects();
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('bob') });
    assert.equal((await tab.welcome()).user, 'bob');
    assert.equal(connects(), asked);
    await tab.close();
  });

  test('where PHP says who comes, nobody gets past it by a shared socket', async () => {
    const other = await start(['connect'], { ANONYMOUS: 'true' });
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
      assert.deepEqual(await refusal(`?status=${status}`, {}), [
        403,
        'The application refused this visitor',
        undefined,
      ]);
    for (const status of [404, 500])
      assert.deepEqual(await refusal(`?status=${status}`, {}), [
        503,
        'The application did not say who this visitor is',
        '2',
      ]);
    const [status, text] = await refusal('', { cookie: await logIn('ann') });
    assert.equal(status, 403);
    assert.match(text, /needs an Origin header/);
    const handshakes = (outcome: string) => gateway.metric(`tabcast_handshakes_total{outcome="${outcome}"}`);
    assert.equal(await handshakes('backend-refused'), 2);
    assert.equal(await handshakes('backend-unavailable'), 2);
  });

  test('an identity that ends is told so and closed, as with a token', async () => {
    const tab = await openAs('ann', '?seconds=1');
    const { expires } = await tab.welcome();
    assert.equal(expires! % 1000, 0);
    const { details } = await tab.next('sys/expired');
    assert.ok((details[0] as { closesIn: number }).closesIn <= 10_000);
    await tab.close();
  });

  test('an action is answered by a reply, an error, or an empty reply', async () => {
    const tab = await openAs('ann');
    const { session, connection } = await tab.welcome();
    const rows: [action: string, details: unknown[], answer: string, expected: unknown[]][] = [
      ['echo', [1, { a: [] }, 'ä'], 'echo', [1, { a: [] }, 'ä']],
      ['who', [], 'who', ['ann', session, connection]],
      ['refuse', [4711, 'No'], 'refuse:error', [4711, 'No']],
      ['silent', [], 'silent', []],
      ['typo', [], 'typo:error', [502, 'The application refused the action, or gave no answer to it']],
      ['crash', [], 'crash:error', [502, 'The application refused the action, or gave no answer to it']],
    ];
    for (const [index, [action, details, answer, expected]] of rows.entries()) {
      tab.send(action, details, index);
      const frame = await tab.next(answer);
      assert.deepEqual([frame.re, frame.details], [index, expected]);
    }
    assert.ok(
      gateway.log.some(({ reason }) => /replies: expected only reply, error, send/.test(String(reason))),
    );
    await tab.close();
  });

  test('a MessagePack tab gets the same', async () => {
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('bob'), encoding: 'msgpack' });
    tab.send('echo', [1, { a: [] }, 'ä'], 'x');
    assert.deepEqual(await tab.next('echo'), { action: 'echo', details: [1, { a: [] }, 'ä'], re: 'x' });
    await tab.close();
  });

  test('sends of an answer arrive; one that is wrong makes it no answer', async () => {
    const [ann, bob] = [await openAs('ann'), await openAs('bob')];
    ann.send('say', [{ groups: ['members'], except: ann.connection }], 1);
    ann.send('say', [{ user: 'ann' }], 2);
    ann.send('say', [{ user: 7 }], 3);
    assert.deepEqual((await bob.next('said')).details, ['ann']);
    assert.equal((await ann.next('say:error')).details[0], 502);
    await ann.close();
    const got = ann.frames.map(({ action, re }) => [action, re].join(' ')).slice(1);
    assert.deepEqual(got.sort(), ['said ', 'say 1', 'say 2', 'say:error 3', 'sys/position ']);
    await bob.close();
  });

  test('actions of one tab come in their order', async () => {
    const tab = await openAs('ann');
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    for (const n of numbers) tab.send('echo', [n], n);
    await until('all replies', () => tab.frames.filter(({ action }) => action === 'echo').length === 40);
    const { connection } = tab;
    const asked = events().filter(
      ({ data }) => data['connection'] === connection && data['action'] === 'echo',
    );
    assert.deepEqual(
      asked.map(({ data }) => (data['details'] as number[])[0]),
      numbers,
    );
    await tab.close();
  });

  test('a tab that goes is told of, with its close code, after its last action', async () => {
    const tab = await openAs('ann');
    const { connection, session } = await tab.welcome();
    tab.send('silent');
    await tab.close();
    const own = () => events().filter(({ data }) => data['connection'] === connection);
    await until('the disconnect', () => own().length === 2);
    assert.deepEqual(
      own().map(({ type }) => type),
      ['action', 'disconnect'],
    );
    assert.deepEqual(own()[1]!.data, { connection, session, user: 'ann', code: 1000, reason: 'client' });
  });

  test('beside functions that take the actions, PHP says who comes', async (t) => {
    const mixed = await start(['connect', 'disconnect'], {
      HANDLERS: fileURLToPath(new URL('../support/application.js', import.meta.url)),
    });
    t.after(() => mixed.kill());
    const headers = { origin, cookie: await logIn('ann') };
    const tab = await TestTab.open(mixed.socketUrl, { headers });
    const { connection } = await tab.welcome();
    tab.send('who');
    const { details } = await tab.next('who');
    assert.equal((details[0] as { user: string }).user, 'ann');
    await tab.close();
    const own = () => events().filter(({ data }) => data['connection'] === connection);
    await until('the disconnect', () => own().length === 1);
    assert.equal(own()[0]!.type, 'disconnect');
  });

  test('a user comes online with the first tab and goes offline with the last', async (t) => {
    const telling = await start(['online', 'offline'], { OFFLINE_DELAY: '1500' });
    t.after(() => telling.kill());
    const open = async () => TestTab.open(telling.socketUrl, { token: await tokenFor('eve') });
    const told = () =>
      events()
        .filter(({ data }) => data['user'] === 'eve')
        .map(({ type }) => type);
    const tabs = [await open(), await open()];
    await until('online', () => told().length === 1);
    for (const tab of tabs) await tab.close();
    await until('offline', () => told().length === 2);
    assert.deepEqual(told(), ['online', 'offline']);
  });

  test('a gateway that stops tells of every tab before it ends', async () => {
    const stopping = await start(['disconnect']);
    const tabs = await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        TestTab.open(stopping.socketUrl, { token: await tokenFor(`leaver ${n}`) }),
      ),
    );
    const connections = tabs.map(({ connection }) => connection).sort();
    await stopping.kill('SIGTERM');
    const told = events().filter(
      ({ type, data }) => type === 'disconnect' && /^leaver/.test(String(data['user'])),
    );
    assert.deepEqual(told.map(({ data }) => data['connection']).sort(), connections);
    assert.deepEqual(
      told.map(({ data }) => data['code']),
      connections.map(() => 4000),
    );
  });
});
