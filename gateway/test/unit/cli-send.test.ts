import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { tabcast } from './cli-process.js';
import { secret } from './config-given.js';

describe('tabcast send', () => {
  let received: { url: string | undefined; headers: IncomingHttpHeaders; body: unknown }[] = [];
  let answer = { status: 200, body: '' };
  const gateway = createServer(async (request, response) => {
    const body = JSON.parse((await request.setEncoding('utf8').toArray()).join(''));
    received.push({ url: request.url, headers: request.headers, body });
    response.writeHead(answer.status).end(answer.body);
  });
  let port: number;

  before(async () => {
    await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening));
    port = (gateway.address() as AddressInfo).port;
  });
  after(() => gateway.close());
  beforeEach(() => {
    received = [];
    answer = { status: 200, body: '{"user:42":{"gateways":2}}' };
  });

  const send = (args: string[], environment: Record<string, string> = {}) =>
    tabcast(['send', '--url', `http://127.0.0.1:${port}/`, ...args], environment);

  test('posts action and details and prints the receipt', async () => {
    const details = ['{"a":[1]}', '7', 'null', 'plain text', '"quoted"', '-5', '--', '--anonymous'];
    const outcome = await send(['--to', 'user:42', 'chat/message', ...details]);
    assert.deepEqual(outcome, { code: 0, out: '{"user:42":{"gateways":2}}\n', err: '' });
    assert.equal(received[0]?.url, '/v1/send');
    assert.equal(received[0]?.headers['content-type'], 'application/json');
    assert.deepEqual(received[0]?.body, {
      to: { user: '42' },
      action: 'chat/message',
      details: [{ a: [1] }, 7, null, 'plain text', 'quoted', -5, '--anonymous'],
    });
  });

  test('puts the target together', async () => {
    const cases: [args: string[], to: object][] = [
      [['--to', 'all'], { all: true }],
      [['--to', 'registered', '--except', 'g-1'], { registered: true, except: 'g-1' }],
      [['--to', 'user:a:b'], { user: 'a:b' }],
      [['--to', 'user:1', '--to', 'group:x', '--to', 'user:2'], { users: ['1', '2'], group: 'x' }],
      [['--to', 'group:x', '--to=group:y'], { groups: ['x', 'y'] }],
      [['--to', 'user:1', '--session', 's'], { user: '1', session: 's' }],
      [['--to', 'connection:g-1'], { connection: 'g-1' }],
    ];
    for (const [args] of cases) assert.equal((await send([...args, 'a'])).code, 0);
    assert.deepEqual(
      received.map(({ body }) => body),
      cases.map(([, to]) => ({ to, action: 'a', details: [] })),
    );
  });

  test('says what is not to be kept', async () => {
    for (const flag of ['--no-history', '--history']) await send(['--to=all', flag, 'a']);
    assert.deepEqual(
      received.map(({ body }) => body),
      [{ history: false }, {}].map((more) => ({ to: { all: true }, action: 'a', details: [], ...more })),
    );
  });

  test('shows the key of the flag, or else the first that is configured, or none', async () => {
    const configured = { TABCAST_API_KEYS: 'first,second' };
    await send(['--to=all', '--key', 'mine', '--idempotency-key', 'once', 'a'], configured);
    await send(['--to=all', 'a'], configured);
    await send(['--to=all', 'a']);
    assert.deepEqual(
      received.map(({ headers }) => [headers.authorization, headers['idempotency-key']]),
      [
        ['Bearer mine', 'once'],
        ['Bearer first', undefined],
        [undefined, undefined],
      ],
    );
  });

  test('finds the gateway by the configuration when no URL is given', async () => {
    const { code } = await tabcast([
      'send',
      '--internal-host=0.0.0.0',
      '--internal-port',
      `${port}`,
      '--to=all',
      'a',
    ]);
    assert.equal(code, 0);
    assert.equal(received.length, 1);
  });

  test('tells what the gateway refuses and exits with 1', async () => {
    answer = {
      status: 400,
      body: JSON.stringify({
        title: 'A field is wrong',
        field: 'action',
        expected: 'a name',
        detail: 'Not sys/.',
      }),
    };
    assert.deepEqual(await send(['--to=all', 'sys/x']), {
      code: 1,
      out: '',
      err: 'tabcast: the gateway answered 400: A field is wrong; action: expected a name; Not sys/.\n',
    });
    answer = { status: 502, body: '<html>' };
    const { code, err } = await send(['--to=all', 'a']);
    assert.deepEqual([code, err], [1, 'tabcast: the gateway answered 502: Bad Gateway\n']);
  });

  test('says so when nothing listens', async () => {
    const closed = createServer();
    await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((done) => closed.close(done));
    const { code, err } = await tabcast(['send', '--url', url, '--to=all', 'a']);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^tabcast: no answer from ${url}: connection refused`));
  });

  test('refuses a command line that cannot be sent, every part of it at once, and shows no key', async () => {
    const args = ['--to', 'foo', '--to', 'connection:g-1', '--to', 'connection:g-2'];
    const outcome = await tabcast(['send', ...args, '--url', 'localhost', '--key', `${secret}\n`]);
    assert.equal(outcome.code, 2);
    assert.deepEqual(
      outcome.err.split('\n').map((line) => line.split(': expected')[0]),
      [
        'tabcast: flag --to',
        'tabcast: flag --to',
        'tabcast: tabcast send',
        'tabcast: flag --url',
        'tabcast: flag --key',
        '',
      ],
    );
    assert.ok(!outcome.err.includes(secret));
  });
});
