import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { jsonProtocol } from '@tabcast/shared';
import { frameBytes, opcodes, type Shape } from '../fuzz/hostile-framing.js';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { Random } from '../support/random.js';
import { RawClient, shakeHands } from '../support/raw-client.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { type HttpAnswer, Wire } from '../support/wire.js';

/** Every limit, met exactly and exceeded by one. */

const maxPayload = 2048;
const bodyLimit = 100_000;

describe('limits', { concurrency: true, timeout: 30_000 }, () => {
  let gateway: GatewayProcess;
  let token: string;

  before(async () => {
    gateway = await GatewayProcess.start({
      MAX_PAYLOAD: String(maxPayload),
      API_BODY_LIMIT: String(bodyLimit),
      AUTH_TIMEOUT: '60000',
      TOKEN_COOKIE: 'jwt',
    });
    token = await tokenFor('ann');
  });
  after(() => gateway.kill());

  /** A raw client that was welcomed. */
  async function open(): Promise<RawClient> {
    const headers = { 'Sec-WebSocket-Protocol': `${jsonProtocol}, bearer.${token}` };
    const client = await RawClient.connect(gateway.publicPort, { headers });
    assert.equal((await client.nextFrame()).action, 'sys/welcome');
    return client;
  }

  /** A tab that has shown no token yet. */
  async function connect(): Promise<TestTab> {
    const tab = TestTab.connect(gateway.socketUrl);
    await new Promise((resolve) => tab.socket.once('open', resolve));
    return tab;
  }

  describe('of a frame', () => {
    /** An action that takes so many bytes as a frame. */
    const long = (bytes: number) => {
      const frame = (padding: string) => JSON.stringify({ action: 'x', details: [padding], id: 1 });
      return frame('p'.repeat(bytes - frame('').length));
    };
    const inHalves = (text: string) => [text.slice(0, 1000), text.slice(1000)];
    const inBytes = (text: string) => [...text].flatMap((letter) => ['', letter, '', '', '']);

    const rows: [string, string[], boolean][] = [
      ['of as many bytes as it may have', [long(maxPayload)], true],
      ['of one byte more', [long(maxPayload + 1)], false],
      ['in two fragments that are as long together', inHalves(long(maxPayload)), true],
      ['in two fragments that have one byte more', inHalves(long(maxPayload + 1)), false],
      ['in ten thousand fragments of a byte or none', inBytes(long(maxPayload)), true],
    ];
    for (const [what, parts, taken] of rows)
      test(`${what}: ${taken ? 'taken' : 'the connection ends without a close frame'}`, async () => {
        const client = await open();
        client.send(...parts);
        if (!taken) return assert.equal(await client.closed, undefined);
        assert.deepEqual(await client.nextFrame(), {
          ...{ action: 'x:error', re: 1 },
          details: [404, 'Nothing handles x'],
        });
        client.vanish();
      });

    const claims: [string, bigint][] = [
      ['one byte more', BigInt(maxPayload + 1)],
      ['2^31', 2n ** 31n],
      ['2^32', 2n ** 32n],
      ['2^63', 2n ** 63n],
      ['2^64 - 1', 2n ** 64n - 1n],
    ];
    for (const [what, claimed] of claims)
      test(`whose head promises ${what}: the connection ends at the head`, async () => {
        const wire = await Wire.connect(gateway.publicPort);
        const headers = { 'Sec-WebSocket-Protocol': `${jsonProtocol}, bearer.${token}` };
        assert.equal((await shakeHands(wire, { headers })).status, 101);
        const shape: Shape = { opcode: opcodes.text, payload: Buffer.alloc(0), claimed };
        wire.write(frameBytes(shape, new Random(1)));
        await wire.closed;
      });
  });

  describe('of a request', () => {
    const good = { to: { user: 'nobody' }, action: 'x', details: [''] };
    /** A send that takes so many bytes as a body. */
    const long = (bytes: number) => {
      const body = (padding: string) => JSON.stringify({ ...good, details: [padding] });
      return body('p'.repeat(bytes - body('').length));
    };
    const batch = (sends: number) => JSON.stringify(Array(sends).fill(good));
    const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

    async function post(header: string, body: string): Promise<HttpAnswer> {
      const wire = await Wire.connect(gateway.internalPort);
      const head = `POST /v1/send HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${apiKey}\r\n${header}`;
      const answer = await wire.ask(head, body);
      wire.end();
      return answer;
    }

    for (const [what, bytes, status] of [
      ['as long as it may be', bodyLimit, 200],
      ['one byte longer', bodyLimit + 1, 413],
    ] as const) {
      test(`a body ${what}: ${status}`, async () => {
        assert.equal((await post(`Content-Length: ${bytes}`, long(bytes))).status, status);
      });
      test(`a chunked body ${what}: ${status}`, async () => {
        assert.equal((await post('Transfer-Encoding: chunked', chunked(long(bytes)))).status, status);
      });
    }

    test('a body that only promises to be too long is refused when it is', async () => {
      const answer = await post(`Content-Length: ${2 ** 40}`, 'x'.repeat(bodyLimit + 1));
      assert.equal(answer.status, 413);
    });

    test('1000 sends in a batch: a receipt for each', async () => {
      const answer = await post(`Content-Length: ${batch(1000).length}`, batch(1000));
      assert.equal(answer.status, 200);
      assert.equal(JSON.parse(answer.body).length, 1000);
    });

    test('1001 sends in a batch: 400', async () => {
      const answer = await post(`Content-Length: ${batch(1001).length}`, batch(1001));
      assert.equal(answer.status, 400);
      assert.equal(JSON.parse(answer.body).expected, 'an array of 1 to 1000 sends');
    });
  });

  describe('of headers', () => {
    /** A token of as many characters as one may have. */
    async function longestToken(): Promise<string> {
      const groups = Array.from({ length: 45 }, (_, index) => String(index).padStart(128, 'g'));
      for (let length = 1; ; length++) {
        const long = await tokenFor('ann', { groups: [...groups, 'h'.repeat(length)] });
        if (long.length >= 8190) return long;
      }
    }

    /** The answer to a handshake whose head has so many bytes, a token of 8 KiB in a cookie among them. */
    async function shakeWith(bytes: number): Promise<HttpAnswer> {
      const wire = await Wire.connect(gateway.publicPort);
      const others = 500;
      const cookie = `jwt=${await longestToken()}`;
      const padding = '; other='.padEnd(bytes - others - cookie.length, 'c');
      const headers = { Origin: 'https://app.example', Cookie: cookie + padding };
      const answer = await shakeHands(wire, { headers });
      wire.end();
      return answer;
    }

    test('nearly 16 KiB, with a token of 8 KiB in a cookie: let in', async () => {
      assert.equal((await shakeWith(16_384)).status, 101);
    });

    test('20 KB: 431', async () => {
      assert.equal((await shakeWith(20_000)).status, 431);
    });

    test('20 KB on the internal port: 431', async () => {
      const wire = await Wire.connect(gateway.internalPort);
      const answer = await wire.ask(`GET /healthz HTTP/1.1\r\nHost: a\r\nLong: ${'x'.repeat(20_000)}`);
      assert.equal(answer.status, 431);
    });
  });

  describe('of patience', () => {
    test('32 frames before the welcome: answered after it, in order', async () => {
      const tab = await connect();
      for (let number = 0; number < 32; number++) tab.send('early', [], number);
      tab.send('sys/auth', [token]);
      await tab.welcome();
      for (let number = 0; number < 32; number++) assert.equal((await tab.next('early:error')).re, number);
      await tab.close();
    });

    test('33 frames before the welcome: 4429', async () => {
      const tab = await connect();
      for (let number = 0; number < 33; number++) tab.send('early');
      assert.deepEqual(await tab.closed, { code: 4429, reason: 'too-early' });
      assert.deepEqual(tab.frames, []);
    });

    test('two malformed frames, a good one, and two again: an error for each, and the tab stays', async () => {
      const client = await open();
      for (const text of ['{', '[]', '{"action":"x"}', '{}', '']) client.send(text);
      const actions: string[] = [];
      for (let frame = 0; frame < 5; frame++) actions.push((await client.nextFrame()).action);
      assert.deepEqual(actions, [
        ...['sys/frame:error', 'sys/frame:error', 'x:error', 'sys/frame:error', 'sys/frame:error'],
      ]);
      client.vanish();
    });

    test('three malformed frames in a row: an error for each, then 4400', async () => {
      const client = await open();
      for (const text of ['{', '[]', '{}', '{"action":"x"}']) client.send(text);
      for (let frame = 0; frame < 3; frame++)
        assert.equal((await client.nextFrame()).action, 'sys/frame:error');
      assert.deepEqual(await client.closed, { code: 4400, reason: 'malformed' });
      await assert.rejects(client.next(), 'nothing after the close is answered');
    });

    test('no token in time: 4408', async () => {
      const hasty = await GatewayProcess.start({ AUTH_TIMEOUT: '500' });
      const tab = TestTab.connect(hasty.socketUrl);
      assert.deepEqual(await tab.closed, { code: 4408, reason: 'auth-timeout' });
      await hasty.kill();
    });
  });

  test('details as deep as they may be are delivered, deeper ones refused on every way in', async () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    // Of its own, because the tabs of the other tests are ann's.
    const user = 'deep';
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor(user), encoding: 'msgpack' });
    const post = (details: unknown) => gateway.send({ to: { user }, action: 'deep', details });
    assert.equal((await post(nested(64))).status, 200);
    assert.deepEqual((await tab.next('deep')).details, nested(64));
    const answer = await post(nested(65));
    assert.equal(answer.status, 400);
    assert.equal(((await answer.json()) as { field: string }).field, 'details');
    tab.send('x', nested(65));
    assert.match(
      String((await tab.next('sys/frame:error')).details[1]),
      /details: expected at most 64 levels/,
    );
    await tab.close();
  });
});
