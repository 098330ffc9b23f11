import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { withoutPositions } from '../support/receipt.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { Ended, Wire } from '../support/wire.js';

/** The internal port over real HTTP: what it refuses and how, connections that live on, repetitions. */

const bodyLimit = 4096;
const good = { to: { user: 'ann' }, action: 'hello' };

describe('the HTTP API', () => {
  let redis: RedisServer;
  const gateways: GatewayProcess[] = [];

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url, API_BODY_LIMIT: String(bodyLimit), IDEMPOTENCY_TTL: '1' };
    for (let count = 0; count < 2; count++) gateways.push(await GatewayProcess.start(options));
  });

  after(async () => {
    for (const gateway of gateways) await gateway.kill('SIGTERM');
    await redis.close();
  });

  const url = (path: string) => `http://127.0.0.1:${gateways[0]!.internalPort}${path}`;
  const post = (body: string, headers: Record<string, string> = {}) =>
    gateways[0]!.api('/v1/send', { method: 'POST', body, headers });

  describe('problems', () => {
    const long = 'x'.repeat(129);
    const rows: [
      what: string,
      ask: () => Promise<Response>,
      status: number,
      members: Record<string, unknown>,
    ][] = [
      ['no JSON', () => post('{"to":'), 400, { code: 'not-json' }],
      ['no body', () => post(''), 400, { code: 'not-json' }],
      ['a number', () => post('7'), 400, { code: 'invalid-field', field: '' }],
      ['an empty batch', () => post('[]'), 400, { code: 'invalid-field', field: '' }],
      [
        'an unknown member',
        () => post(JSON.stringify({ ...good, ttl: 5 })),
        400,
        { code: 'invalid-field', field: 'ttl', expected: 'only to, action, details and history' },
      ],
      ['no target', () => post('{"action":"x"}'), 400, { code: 'invalid-field', field: 'to' }],
      [
        'an id that is too long',
        () => post(JSON.stringify({ ...good, to: { users: ['ann', long] } })),
        400,
        { code: 'invalid-field', field: 'to.users[1]', expected: 'at most 128 bytes of UTF-8' },
      ],
      [
        'a wrong item of a batch',
        () => post(JSON.stringify([good, { ...good, action: 'sys/welcome' }])),
        400,
        { code: 'invalid-field', field: '[1].action', expected: 'an action that does not begin with sys/' },
      ],
      [
        'a key with a space',
        () => post(JSON.stringify(good), { 'idempotency-key': 'a b' }),
        400,
        { code: 'invalid-field', field: 'Idempotency-Key' },
      ],
      [
        'a body that is too long',
        () => post(JSON.stringify({ ...good, details: 'x'.repeat(bodyLimit) })),
        413,
        { code: 'body-too-large', expected: 'at most 4096 bytes' },
      ],
      [
        'no API key',
        () => fetch(url('/v1/send'), { method: 'POST', body: '{}' }),
        401,
        { code: 'unauthorized' },
      ],
      [
        'a wrong API key',
        () => post(JSON.stringify(good), { authorization: `Bearer ${apiKey}x` }),
        401,
        { code: 'unauthorized' },
      ],
      [
        'an API key without its scheme',
        () => post(JSON.stringify(good), { authorization: apiKey }),
        401,
        { code: 'unauthorized' },
      ],
      ['an unknown path', () => gateways[0]!.api('/v2/send', { method: 'POST' }), 404, { code: 'not-found' }],
      ['a wrong method', () => gateways[0]!.api('/v1/send'), 405, { code: 'method-not-allowed' }],
    ];

    for (const [what, ask, status, members] of rows)
      test(`${what}: ${status}`, async () => {
        const answer = await ask();
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get('content-type'), 'application/problem+json');
        assert.equal(answer.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null);
        const problem = (await answer.json()) as Record<string, unknown>;
        assert.equal(problem['status'], status);
        assert.equal(problem['type'], `urn:tabcast:problem:${problem['code']}`);
        assert.match(problem['title'] as string, /\w+ \w+/);
        if (problem['code'] === 'invalid-field') assert.match(problem['expected'] as string, /\w/);
        for (const [name, value] of Object.entries(members)) assert.equal(problem[name], value, name);
      });

    test('nothing of a batch with a wrong item is sent', async () => {
      const tab = await TestTab.open(gateways[0]!.socketUrl, { token: await tokenFor('ann') });
      await post(
        JSON.stringify([
          { ...good, action: 'too early' },
          { ...good, to: {} },
        ]),
      );
      await post(JSON.stringify(good));
      await tab.next('hello');
      assert.ok(tab.frames.every(({ action }) => action !== 'too early'));
      await tab.close();
    });

    test('the public port has no API, no probes and no metrics', async () => {
      for (const path of ['/v1/send', '/healthz', '/readyz', '/metrics', '/']) {
        const answer = await fetch(`http://127.0.0.1:${gateways[0]!.publicPort}${path}`);
        assert.deepEqual([path, answer.status], [path, 404]);
        assert.equal(((await answer.json()) as { code: string }).code, 'not-found');
      }
    });
  });

  describe('connections', () => {
    const head = (request: string, ...headers: string[]) =>
      [`${request} HTTP/1.1`, 'Host: gateway', `Authorization: Bearer ${apiKey}`, ...headers].join('\r\n');

    async function connect(): Promise<Wire> {
      return Wire.connect(gateways[0]!.internalPort);
    }

    function sendOver(wire: Wire, body: string) {
      return wire.ask(head('POST /v1/send', `Content-Length: ${Buffer.byteLength(body)}`), body);
    }

    test('one carries many requests, refused ones too', async () => {
      const wire = await connect();
      for (let count = 0; count < 3; count++) {
        assert.equal((await sendOver(wire, JSON.stringify(good))).status, 200);
        assert.equal((await sendOver(wire, '{}')).status, 400);
        assert.equal((await wire.ask(head('GET /nowhere'))).status, 404);
        assert.equal((await wire.ask(head('GET /healthz'))).body, '{"status":"ok"}');
      }
      wire.end();
    });

    test('a body may come in chunks', async () => {
      const wire = await connect();
      const body = JSON.stringify({ ...good, to: { user: 'nobody' }, history: false });
      const chunks = [body.slice(0, 10), body.slice(10), ''];
      const chunked = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
      const answer = await wire.ask(head('POST /v1/send', 'Transfer-Encoding: chunked'), chunked);
      assert.deepEqual([answer.status, answer.body], [200, '{"user:nobody":{"gateways":0}}']);
      wire.end();
    });

    test('after a body that was too long the connection ends, so that its rest is no request', async () => {
      const wire = await connect();
      const smuggled = head('POST /v1/send', 'Content-Length: 2');
      const answer = await sendOver(wire, `${' '.repeat(bodyLimit + 1)}${smuggled}\r\n\r\n{}`);
      assert.equal(answer.status, 413);
      await assert.rejects(wire.ask(head('GET /healthz')), Ended);
    });

    test('HEAD is GET without the body', async () => {
      const wire = await connect();
      for (const path of ['/healthz', '/readyz', '/metrics', '/nowhere']) {
        const get = await wire.ask(head(`GET ${path}`));
        const { status, headers, body } = await wire.ask(head(`HEAD ${path}`));
        assert.equal(body, '');
        assert.equal(status, get.status);
        assert.equal(headers.get('content-type'), get.headers.get('content-type'));
        if (path !== '/metrics') assert.equal(headers.get('content-length'), String(get.body.length));
      }
      assert.equal((await wire.ask(head('GET /healthz'))).status, 200, 'nothing was left over');
      wire.end();
    });

    for (const [request, allow] of [
      ['OPTIONS /v1/send', 'POST'],
      ['HEAD /v1/send', 'POST'],
      ['DELETE /healthz', 'GET, HEAD'],
      ['BREW /metrics', 'GET, HEAD'],
    ] as const)
      test(`${request}: 405 with what is allowed`, async () => {
        const wire = await connect();
        const answer = await wire.ask(head(request));
        wire.end();
        assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allow]);
      });
  });

  describe('repetitions', () => {
    async function open(user: string): Promise<TestTab> {
      return TestTab.open(gateways[0]!.socketUrl, { token: await tokenFor(user) });
    }

    const sent = ({ frames }: TestTab) => frames.filter(({ action }) => action === 'sent').length;
    /** How many have arrived, once everything that was sent to this user by now has. */
    async function sentUntilNow(tab: TestTab, user: string): Promise<number> {
      await gateways[1]!.send({ to: { user }, action: 'fence' });
      await tab.next('fence');
      return sent(tab);
    }

    test('the same key to both gateways, at once and later: delivered once, answered alike', async () => {
      const tab = await open('una');
      const body = [
        { to: { user: 'una' }, action: 'sent', details: [1] },
        { to: { users: ['una', 'nobody'] }, action: 'sent', details: [2] },
      ];
      const repeat = (at: number) => gateways[at]!.send(body, { 'idempotency-key': 'once' });
      const answers = [...(await Promise.all([repeat(0), repeat(1), repeat(0)])), await repeat(1)];
      const receipts = await Promise.all(answers.map((answer) => answer.json()));
      for (const receipt of receipts) {
        assert.deepEqual(receipt, receipts[0]);
        assert.deepEqual(withoutPositions(receipt), [
          { 'user:una': { gateways: 1 } },
          { 'user:una': { gateways: 1 }, 'user:nobody': { gateways: 0 } },
        ]);
      }
      assert.equal(await sentUntilNow(tab, 'una'), 2);
      await tab.close();
    });

    test('the same key with another body: 422, and nothing is sent', async () => {
      const tab = await open('ute');
      const send = (at: number, details: number) =>
        gateways[at]!.send({ to: { user: 'ute' }, action: 'sent', details }, { 'idempotency-key': 'other' });
      assert.equal((await send(0, 1)).status, 200);
      const refused = await send(1, 2);
      assert.equal(refused.status, 422);
      assert.equal(((await refused.json()) as { code: string }).code, 'idempotency-conflict');
      assert.equal(await sentUntilNow(tab, 'ute'), 1);
      await tab.close();
    });

    test('a key is forgotten after its time', async () => {
      const tab = await open('uli');
      const body = { to: { user: 'uli' }, action: 'sent' };
      await until('a second delivery', async () => {
        await gateways[0]!.send(body, { 'idempotency-key': 'again' });
        return sent(tab) === 2;
      });
      await tab.close();
    });
  });
});
