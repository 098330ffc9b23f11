import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { readVouched } from '../../src/auth/claims.js';
import { noBackend } from '../../src/backend/none.js';
import { WebhookBackend, type WebhookOptions } from '../../src/backend/webhook/backend.js';
import type { WebhookEvent } from '../../src/backend/webhook/event.js';
import { BrokerUnavailable, HistoryFull } from '../../src/broker/broker.js';
import { Counters } from '../../src/metrics/counters.js';
import { CapturedLog } from '../support/captured-log.js';

const now = 1_800_000_000_000;
const visitor = { headers: { cookie: 'a=b' }, query: 'c=d', address: '192.0.2.1' };
const tab = { connection: 'g-1', identity: null, groups: new Set<string>() };

describe('webhooks as a backend', () => {
  let application: Server;
  /** What the application answers; undefined: nothing at all. */
  let answer: { status: number; body?: unknown } | undefined;
  let send: () => Promise<unknown> = async () => {};

  before(async () => {
    application = createServer((request, response) => {
      request.resume();
      if (answer !== undefined)
        response.writeHead(answer.status).end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    });
    await once(application.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => {
    application.closeAllConnections();
    application.close();
  });

  function backendFor(events: WebhookEvent[], options: Partial<WebhookOptions> = {}) {
    const { log, lines } = new CapturedLog();
    const counters = new Counters();
    const backend = new WebhookBackend(
      {
        url: `http://127.0.0.1:${(application.address() as AddressInfo).port}/`,
        secrets: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`],
        ...{ events, timeout: 300, concurrency: 2, queue: 10, bodyLimit: 1024, privateNetworks: true },
        ...options,
      },
      {
        ...{ counters, log, now: () => now, observe: () => {}, readIdentity: readVouched },
        readSend: () => send,
      },
    );
    return { backend, counters, lines };
  }

  async function identified(given: typeof answer, options: Partial<WebhookOptions> = {}) {
    answer = given;
    const { backend } = backendFor(['connect'], options);
    const identification = await backend.identify!(visitor);
    await backend.close();
    return identification;
  }

  test('a visitor whom the backend vouches for counts as proved at this moment', async () => {
    const identification = await identified({ status: 200, body: { user: '42', expires: now / 1000 + 1 } });
    assert.deepEqual(identification, {
      identity: {
        ...{ user: '42', session: null, groups: [], join: [], tokenId: null },
        ...{ issued: now, expires: now + 1000 },
      },
    });
  });

  test('an anonymous visitor has no identity', async () => {
    assert.deepEqual(await identified({ status: 204 }), { identity: null });
    assert.deepEqual(await identified({ status: 200, body: { anonymous: true } }), { identity: null });
  });

  test('why a visitor was not let in', async () => {
    const refusalOf = async (given: typeof answer, options = {}) => {
      const identification = await identified(given, options);
      return 'refused' in identification ? identification.refused : identification;
    };
    assert.equal(await refusalOf({ status: 401 }), 'refused');
    assert.equal(await refusalOf({ status: 403, body: { user: '42' } }), 'refused');
    assert.equal(await refusalOf({ status: 404 }), 'nonsense');
    assert.equal(await refusalOf({ status: 302 }), 'nonsense');
    assert.equal(await refusalOf({ status: 200, body: { user: 42 } }), 'nonsense');
    assert.equal(await refusalOf(undefined), 'slow');
    assert.equal(await refusalOf({ status: 200 }, { url: 'http://127.0.0.1:1/' }), 'down');
  });

  test('only events that were asked for are sent', async () => {
    const { backend, counters } = backendFor([]);
    assert.equal(backend.identify, undefined);
    assert.equal(backend.presenceChanged, undefined);
    backend.disconnected(tab, { code: 1000, reason: 'client' });
    const errors: number[] = [];
    const exchange = { reply() {}, error: (code: number) => errors.push(code), wanted: true };
    await backend.act(tab, 'do', [], exchange);
    await noBackend.act(tab, 'do', [], exchange);
    assert.deepEqual(errors, [404, 404]);
    assert.equal(backend.pending, 0);
    await backend.close();
    assert.deepEqual(counters, new Counters());
  });

  test('only online, where that is all that is wanted', async () => {
    answer = { status: 200 };
    const { backend, counters } = backendFor(['online']);
    backend.presenceChanged!('42', true);
    backend.presenceChanged!('42', false);
    assert.equal(backend.pending, 1);
    await backend.close();
    assert.equal(counters.webhooks.answered, 1);
  });

  test('sends that the broker does not take are told to the tab', async () => {
    answer = { status: 200, body: { send: [{}], reply: [] } };
    const { backend, lines } = backendFor(['action']);
    const told: unknown[] = [];
    const exchange = {
      reply: () => told.push('reply'),
      error: (code: number) => told.push(code),
      wanted: true,
    };
    for (const failure of [
      new BrokerUnavailable('on purpose'),
      new HistoryFull('no memory'),
      new Error('a fault of ours'),
    ]) {
      send = () => Promise.reject(failure);
      await backend.act(tab, 'do', [], exchange);
    }
    await backend.close();
    assert.deepEqual(told, [503, 507, 500]);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /a fault of ours/);
  });
});
