import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BrokerUnavailable,
  HistoryFull,
  IdempotencyConflict,
  OutcomeUnknown,
} from '../../src/broker/broker.js';
import type { Send } from '../../src/fanout/fanout.js';
import type { ApiRequest } from '../../src/http/answer.js';
import { Router } from '../../src/http/routes.js';
import { sendRoute } from '../../src/http/send.js';
import { Counters } from '../../src/metrics/counters.js';

async function post(
  body: unknown,
  { headers = {}, failing }: { headers?: Record<string, string>; failing?: Error } = {},
) {
  const sent: Send[] = [];
  const counters = new Counters();
  const sender = {
    async send(send: Send) {
      if (failing) throw failing;
      sent.push(send);
      return { 'user:1': { gateways: sent.length } };
    },
  };
  const request: ApiRequest = {
    method: 'POST',
    path: '/v1/send',
    query: '',
    header: (name) => headers[name],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
  const answer = await sendRoute(sender, counters)(request);
  return {
    status: answer.status,
    headers: answer.headers ?? {},
    body: JSON.parse(answer.body!),
    sent,
    counters,
  };
}

const send = { to: { user: '1' }, action: 'hi', details: ['x'] };

describe('POST /v1/send', () => {
  test('one send answers its receipt', async () => {
    const { status, body, sent, counters } = await post({ ...send, details: 'x' });
    assert.equal(status, 200);
    assert.deepEqual(body, { 'user:1': { gateways: 1 } });
    assert.deepEqual(sent, [send]);
    assert.equal(counters.sends.accepted, 1);
  });

  test('a send is kept unless it says otherwise', async () => {
    const { sent } = await post([send, { ...send, history: true }, { ...send, history: false }]);
    assert.deepEqual(sent, [send, send, { ...send, history: false }]);
  });

  test('a batch answers a receipt each, and gives each send a key of its own', async () => {
    const { body, sent } = await post([send, send], { headers: { 'idempotency-key': 'k' } });
    assert.deepEqual(body, [{ 'user:1': { gateways: 1 } }, { 'user:1': { gateways: 2 } }]);
    assert.deepEqual(
      sent.map(({ idempotencyKey }) => idempotencyKey),
      ['k 0', 'k 1'],
    );
    assert.equal((await post(send, { headers: { 'idempotency-key': 'k 0' } })).status, 400);
  });

  const wrong: [string, unknown, string | undefined, string][] = [
    ['no body', '', undefined, 'not-json'],
    ['no JSON', '{"to":', undefined, 'not-json'],
    ['a string', '"x"', '', 'invalid-field'],
    ['null', null, '', 'invalid-field'],
    ['no target', { action: 'a' }, 'to', 'invalid-field'],
    ['a bad target', { to: { user: 42 }, action: 'a' }, 'to.user', 'invalid-field'],
    ['no action', { to: { user: '1' } }, 'action', 'invalid-field'],
    ['a long action', { to: { user: '1' }, action: 'x'.repeat(257) }, 'action', 'invalid-field'],
    ['an action of ours', { to: { user: '1' }, action: 'sys/welcome' }, 'action', 'invalid-field'],
    ['a member too many', { ...send, detials: [] }, 'detials', 'invalid-field'],
    ['a history that is no flag', { ...send, history: 'no' }, 'history', 'invalid-field'],
    ['a history of null', { ...send, history: null }, 'history', 'invalid-field'],
    ['an empty batch', [], '', 'invalid-field'],
    ['a batch too long', Array.from({ length: 1001 }, () => send), '', 'invalid-field'],
    [
      'a bad send in a batch',
      [send, { ...send, to: { users: ['1', ''] } }],
      '[1].to.users[1]',
      'invalid-field',
    ],
    ['no object in a batch', [send, 7], '[1]', 'invalid-field'],
  ];
  for (const [what, body, field, code] of wrong)
    test(`${what} is refused, and nothing is sent`, async () => {
      const answer = await post(body);
      assert.equal(answer.status, 400);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(answer.body.code, code);
      assert.equal(answer.body.field, field);
      assert.equal(answer.sent.length, 0);
      assert.equal(answer.counters.sends.invalid, 1);
    });

  for (const key of ['', 'x'.repeat(129), 'with space', 'é'])
    test(`the idempotency key ${JSON.stringify(key).slice(0, 20)} is refused`, async () => {
      const answer = await post(send, { headers: { 'idempotency-key': key } });
      assert.equal(answer.status, 400);
      assert.equal(answer.body.field, 'Idempotency-Key');
    });

  const failures: [Error, number, string][] = [
    [new BrokerUnavailable('away'), 503, 'broker-unavailable'],
    [new OutcomeUnknown('silent'), 503, 'outcome-unknown'],
    [new IdempotencyConflict('other'), 422, 'idempotency-conflict'],
    [new HistoryFull('no memory'), 507, 'history-full'],
  ];
  for (const [failing, status, code] of failures)
    test(`${failing.name} answers ${status}`, async () => {
      const answer = await post(send, { failing });
      assert.equal(answer.status, status);
      assert.equal(answer.body.code, code);
      assert.equal(answer.body.type, `urn:tabcast:problem:${code}`);
      assert.equal(answer.headers['retry-after'], status === 503 ? '1' : undefined);
    });
});

describe('routes', () => {
  const failures: unknown[] = [];
  const router = new Router(
    [
      { method: 'GET', path: '/open', sentence: '', guarded: false, answer: () => ({ status: 200 }) },
      {
        method: 'POST',
        path: '/guarded',
        sentence: '',
        guarded: true,
        answer: () => Promise.reject(new Error('bug')),
      },
    ],
    { accepts: (authorization) => authorization === 'Bearer key' },
    (error) => failures.push(error),
  );
  const ask = (method: string, path: string, authorization?: string) =>
    router.answer({ method, path, query: '', header: () => authorization, body: Buffer.alloc(0) });

  test('unknown paths, wrong methods and missing keys have their own answers', async () => {
    assert.equal((await ask('GET', '/open')).status, 200);
    assert.equal((await ask('GET', '/nowhere')).status, 404);
    const wrongMethod = await ask('DELETE', '/open');
    assert.equal(wrongMethod.status, 405);
    assert.equal(wrongMethod.headers?.['allow'], 'GET, HEAD');
    const noKey = await ask('POST', '/guarded');
    assert.equal(noKey.status, 401);
    assert.equal(noKey.headers?.['www-authenticate'], 'Bearer');
  });

  test('a route that throws answers 500 without its message', async () => {
    const answer = await ask('POST', '/guarded', 'Bearer key');
    assert.equal(answer.status, 500);
    assert.ok(!answer.body!.includes('bug'));
    assert.equal(failures.length, 1);
  });
});
