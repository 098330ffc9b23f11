import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { apiKey, GatewayProcess, secret } from '../support/gateway.js';
import { packPlain, unpackPlain } from '../support/plain-msgpack.js';
import { RawClient, shakeHands } from '../support/raw-client.js';
import { withoutPositions } from '../support/receipt.js';
import { tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** Those who know nothing of our code get along with docs/protocol.md and docs/api.md. */

const run = promisify(execFile);
const sources = new URL('../../../test/support/', import.meta.url);
const withoutPhp = spawnSync('php', ['--version']).error && 'there is no php on this machine';
const withoutPython = spawnSync('python3', ['--version']).error && 'there is no python3 on this machine';

describe('third parties', { concurrency: true }, () => {
  let gateway: GatewayProcess;

  before(async () => {
    gateway = await GatewayProcess.start({
      HANDLERS: fileURLToPath(new URL('../support/application.js', import.meta.url)),
      IDLE_TIMEOUT: '8',
      MAX_PAYLOAD: '200000',
    });
  });
  after(() => gateway.kill('SIGTERM'));

  async function connect(user: string, headers: Record<string, string> = {}): Promise<RawClient> {
    const authorization = `Bearer ${await tokenFor(user)}`;
    return RawClient.connect(gateway.publicPort, { headers: { Authorization: authorization, ...headers } });
  }

  /** A raw client that was welcomed. */
  async function open(user: string): Promise<RawClient> {
    const client = await connect(user);
    assert.equal((await client.nextFrame()).action, 'sys/welcome');
    return client;
  }

  /** Sends, and answers the frame that the tabs of the user get. */
  async function send(user: string, action: string, details: unknown[]): Promise<object> {
    const answer = await gateway.send({ to: { user }, action, details });
    const channel = `user:${user}`;
    const { position } = ((await answer.json()) as Record<string, { position: string }>)[channel]!;
    return { at: [channel, position], action, details };
  }

  test('the ws package without any sub-protocol', async () => {
    const headers = { authorization: `Bearer ${await tokenFor('wendy')}` };
    const socket = new WebSocket(gateway.socketUrl, { headers });
    const [welcome, isBinary] = await once(socket, 'message');
    assert.equal(JSON.parse(welcome).action, 'sys/welcome');
    assert.equal(isBinary, false);
    assert.equal(socket.protocol, '');
    const [hello, message] = await Promise.all([send('wendy', 'hello', ['you']), once(socket, 'message')]);
    assert.deepEqual(JSON.parse(message[0]), hello);
    socket.send('{"action":"echo","details":[1],"id":1}');
    assert.deepEqual(JSON.parse((await once(socket, 'message'))[0]), { action: 'echo', details: [1], re: 1 });
    socket.close(1000, 'done');
    const [code, reason] = await once(socket, 'close');
    assert.deepEqual([code, reason.toString()], [1000, 'done']);
  });

  describe('a client written from RFC 6455', { concurrency: true }, () => {
    test('the handshake of the RFC is answered with the accept value of the RFC', async () => {
      const wire = await Wire.connect(gateway.publicPort);
      const headers = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
      const answer = await shakeHands(wire, { headers });
      wire.end();
      assert.equal(answer.status, 101);
      assert.equal(answer.headers.get('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      assert.equal(answer.headers.get('upgrade')?.toLowerCase(), 'websocket');
      assert.equal(answer.headers.get('connection')?.toLowerCase(), 'upgrade');
      assert.equal(answer.headers.get('sec-websocket-protocol'), undefined);
      assert.equal(answer.headers.get('sec-websocket-extensions'), undefined);
    });

    test('it gets sends, and answers to its actions', async () => {
      const client = await open('raoul');
      const hello = await send('raoul', 'hello', ['grüß dich']);
      assert.deepEqual(await client.nextFrame(), hello);
      client.send('{"action":"echo","details":["x"],"id":"a"}');
      assert.deepEqual(await client.nextFrame(), { action: 'echo', details: ['x'], re: 'a' });
      client.vanish();
    });

    for (const length of [100, 125, 126, 1000, 65_535, 65_536, 150_000])
      test(`masked messages of ${length} bytes, there and back`, async () => {
        const client = await open('raw');
        const around = '{"action":"echo","details":[""]}';
        const text = 'x'.repeat(length - around.length);
        client.send(around.replace('""', `"${text}"`));
        assert.deepEqual(await client.nextFrame(), { action: 'echo', details: [text] });
        client.vanish();
      });

    test('messages in fragments that cut a character in two, with pings between them', async () => {
      const client = await open('raw');
      const message = Buffer.from('{"action":"echo","details":["grüß 👋 dich"]}');
      const cuts = [30, message.indexOf('ü') + 1, message.indexOf('👋') + 2, message.length];
      const [first, ...others] = cuts.map((cut, index) => message.subarray(cuts[index - 1] ?? 0, cut));
      client.send(first!.toString(), ...others, '');
      assert.deepEqual(await client.nextFrame(), { action: 'echo', details: ['grüß 👋 dich'] });
      await until('the pongs', () => client.pongs.length === 4);
      assert.deepEqual(client.pongs, [
        'between 0 and 1',
        'between 1 and 2',
        'between 2 and 3',
        'between 3 and 4',
      ]);
      client.vanish();
    });

    test('a ping is answered with its own payload, which may be empty', async () => {
      const client = await open('raw');
      for (const payload of ['are you there', '', 'x'.repeat(125)]) client.ping(payload);
      await until('the pongs', () => client.pongs.length === 3);
      assert.deepEqual(client.pongs, ['are you there', '', 'x'.repeat(125)]);
      client.vanish();
    });

    test('who answers the pings of the gateway stays, who does not is given up', async () => {
      const [awake, dead] = [await open('awake'), await open('dead')];
      dead.mute = true;
      // The gateway gives the silent one up without a close frame: nobody would read it.
      assert.equal(await dead.closed, undefined);
      assert.ok(dead.pings.length > 0);
      await until('another ping', () => awake.pings.length > dead.pings.length);
      await gateway.send({ to: { user: 'awake' }, action: 'hello' });
      assert.equal((await awake.nextFrame()).action, 'hello');
      awake.vanish();
      assert.equal(await gateway.metric('tabcast_tabs_closed_total{reason="idle"}'), 1);
    });

    test('it closes: the gateway answers with the same code, then ends the connection', async () => {
      const client = await open('raw');
      client.close(1000, 'done');
      assert.deepEqual(await client.closed, { code: 1000, reason: 'done' });
    });

    test('the gateway closes: a code of the table and its name', async () => {
      const client = await open('raw');
      for (let count = 0; count < 3; count++) client.send('no JSON');
      assert.deepEqual(await client.closed, { code: 4400, reason: 'malformed' });
    });
  });

  test('a MessagePack decoder that knows no extensions', async () => {
    const client = await connect('msg', { 'Sec-WebSocket-Protocol': 'tabcast.v1.msgpack' });
    assert.equal(client.answer.headers.get('sec-websocket-protocol'), 'tabcast.v1.msgpack');
    const next = async () => unpackPlain((await client.next()) as Buffer) as Record<string, unknown>;

    const { action, details } = await next();
    assert.equal(action, 'sys/welcome');
    assert.equal((details as { user: string }[])[0]!.user, 'msg');

    // The same keys twice: an implementation with records would shorten the second.
    const rows = Array.from({ length: 20 }, (_, id) => ({
      id,
      text: 'grüß dich 👋',
      list: [1.5, -1, 70_000, null],
    }));
    for (let count = 0; count < 2; count++) {
      const sent = await send('msg', 'rows', [rows, 'x'.repeat(300)]);
      assert.deepEqual(await next(), sent);
    }
    client.send(packPlain({ action: 'echo', details: ['a', [true, null], { b: 7 }], id: 5 }));
    assert.deepEqual(await next(), { action: 'echo', details: ['a', [true, null], { b: 7 }], re: 5 });
    client.vanish();
  });

  describe('PHP', { skip: withoutPhp ?? false, concurrency: true }, () => {
    const php = async (script: string, ...args: string[]) =>
      (await run('php', [fileURLToPath(new URL(script, sources)), ...args])).stdout;
    const sendByPhp = async (key: string, version: string, ...users: string[]) =>
      JSON.parse(await php('send.php', `http://127.0.0.1:${gateway.internalPort}`, key, version, ...users));

    test('file_get_contents sends', async () => {
      const client = await open('paul');
      assert.deepEqual(withoutPositions(await sendByPhp(apiKey, '1.1', 'paul')), {
        status: 'HTTP/1.1 200 OK',
        body: { 'user:paul': { gateways: 1 } },
      });
      const { action, details } = await client.nextFrame();
      assert.deepEqual([action, details], ['mail/new', ['grüß dich', { unread: 3 }]]);
      client.vanish();
    });

    test('HTTP/1.0, which PHP 7 speaks unless told otherwise, is refused with 505', async () => {
      assert.match((await sendByPhp(apiKey, '1.0', 'paul')).status, /^HTTP\/1\.1 505 /);
    });

    test('a batch is answered with a receipt each', async () => {
      const client = await open('petra');
      assert.deepEqual(withoutPositions((await sendByPhp(apiKey, '1.1', 'petra', 'nobody')).body), [
        { 'user:petra': { gateways: 1 } },
        { 'user:nobody': { gateways: 0 } },
      ]);
      assert.equal((await client.nextFrame()).action, 'mail/new');
      client.vanish();
    });

    test('a wrong key is a problem with status 401', async () => {
      const { status, body } = await sendByPhp('wrong', '1.1', 'petra');
      assert.equal(status, 'HTTP/1.1 401 Unauthorized');
      assert.equal(body.code, 'unauthorized');
    });

    test('a token made with hash_hmac', async () => {
      const token = await php('token.php', secret, 'ursula');
      const client = await RawClient.connect(gateway.publicPort, {
        headers: { Authorization: `Bearer ${token}` },
      });
      const { details } = await client.nextFrame();
      const { user, groups } = details[0] as { user: string; groups: string[] };
      assert.deepEqual({ user, groups }, { user: 'ursula', groups: ['php'] });
      client.vanish();
    });
  });

  test("Python's standard library", { skip: withoutPython ?? false }, async () => {
    const client = await open('monty');
    const program = [
      'import json, sys, urllib.request',
      'body = json.dumps({"to": {"user": "monty"}, "action": "hello", "details": ["from Python"]}).encode()',
      'headers = {"Authorization": "Bearer " + sys.argv[2]}',
      'print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, headers)).read().decode())',
    ].join('\n');
    const url = `http://127.0.0.1:${gateway.internalPort}/v1/send`;
    const { stdout } = await run('python3', ['-c', program, url, apiKey]);
    assert.deepEqual(withoutPositions(JSON.parse(stdout)), { 'user:monty': { gateways: 1 } });
    const { action, details } = await client.nextFrame();
    assert.deepEqual([action, details], ['hello', ['from Python']]);
    client.vanish();
  });
});
