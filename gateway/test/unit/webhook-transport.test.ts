import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, describe, test } from 'node:test';
import { Transport } from '../../src/backend/webhook/transport.js';
import { freePort } from '../support/free-port.js';
import { type Behaviour, HostileBackend } from '../support/hostile-backend.js';
import { until } from '../support/until.js';

const rules = { timeout: 400, concurrency: 4, bodyLimit: 65_536, privateNetworks: true };
/** Resolves when undici has failed to connect. */
function firstRefusal(): Promise<void> {
  return new Promise((resolve) => {
    const noticed = () => {
      unsubscribe('undici:client:connectError', noticed);
      resolve();
    };
    subscribe('undici:client:connectError', noticed);
  });
}

const body = '{"type":"action","data":{}}';
const post = (transport: Transport, ms = rules.timeout) => transport.post({}, body, AbortSignal.timeout(ms));

describe('the way to a backend', () => {
  let backend: HostileBackend;
  let transport: Transport;

  before(async () => {
    backend = await HostileBackend.start();
    transport = new Transport({ ...rules, url: backend.url });
  });
  after(async () => {
    await transport.close();
    await backend.close();
  });

  const outcomes: Record<Behaviour, string | number> = {
    ok: 200,
    error: 500,
    away: 503,
    unauthorized: 401,
    redirect: 307,
    'redirect-to-metadata': 302,
    garbage: 200,
    hang: 'slow',
    'drip-headers': 'slow',
    'drip-body': 'slow',
    'drip-continue': 'refused',
    'not-http': 'refused',
    'many-headers': 'refused',
    'lies-long': 'refused',
    huge: 'refused',
    close: 'refused',
  };
  for (const [behaviour, outcome] of Object.entries(outcomes))
    test(`${behaviour}: ${outcome}, asked once`, async () => {
      backend.behaviour = behaviour as Behaviour;
      const before = backend.requests.length;
      const posted = await post(transport);
      assert.equal('failed' in posted ? posted.failed : posted.status, outcome, JSON.stringify(posted));
      assert.equal(backend.requests.length, before + 1);
      assert.equal(backend.requests.at(-1)!.path, '/hook');
    });

  test('none of them leaves a connection behind', async () => {
    await until('every connection to end', () => backend.connections === 0);
  });

  test('there are no more connections than allowed', async () => {
    backend.behaviour = 'hang';
    backend.mostConnections = 0;
    const posted = await Promise.all(Array.from({ length: 12 }, () => post(transport)));
    assert.ok(posted.every((one) => 'failed' in one));
    assert.equal(backend.mostConnections, rules.concurrency);
  });
});

describe('a backend that is not there', () => {
  test('is down; where it comes back at once, a second try reaches it', async (t) => {
    const port = await freePort();
    const transport = new Transport({ ...rules, url: `http://127.0.0.1:${port}/hook` });
    t.after(() => transport.close());
    const posted = await post(transport);
    assert.equal('failed' in posted && posted.failed, 'down', JSON.stringify(posted));

    const refused = firstRefusal();
    const second = post(transport, 10_000);
    await refused;
    const backend = await HostileBackend.start(port);
    t.after(() => backend.close());
    assert.deepEqual(await second, { status: 200, body: '{"reply":["well"]}' });
    assert.equal(backend.requests.length, 1);
  });

  test('is down where its name leads to a private address only', async (t) => {
    const url = 'https://localhost:1/hook';
    const transport = new Transport({ ...rules, url, privateNetworks: false });
    t.after(() => transport.close());
    const posted = await post(transport);
    assert.ok('failed' in posted);
    assert.equal(posted.failed, 'down');
    assert.match(posted.why, /is in a private network; see the option webhook-private-networks/);
  });

  test('cannot even be configured where the URL has such an address', () => {
    const url = 'https://[::1]/hook';
    assert.throws(
      () => new Transport({ ...rules, url, privateNetworks: false }),
      /^Error: webhook-url: ::1 is in/,
    );
  });

  test('fails when the gateway closes, as what may have happened or cannot have', async (t) => {
    const backend = await HostileBackend.start();
    t.after(() => backend.close());
    backend.behaviour = 'hang';
    const transport = new Transport({ ...rules, url: backend.url });
    const asked = backend.asked();
    const posted = post(transport, 10_000);
    await asked;
    await transport.close();
    const [sent, unsent] = [await posted, await post(transport)];
    assert.equal('failed' in sent && sent.failed, 'refused');
    assert.equal('failed' in unsent && unsent.failed, 'down');
  });
});
