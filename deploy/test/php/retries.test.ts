import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { certificate } from '@tabcast/gateway/testing/certificate';
import { freePort } from '@tabcast/gateway/testing/free-port';
import { GatewayProcess } from '@tabcast/gateway/testing/gateway';
import { TestTab, tokenFor } from '@tabcast/gateway/testing/tab';
import { keyPair } from '@tabcast/gateway/testing/tokens';
import { type Fate, Meddler } from '../support/meddler.js';
import { PhpClass } from '../support/php-class.js';
import { without } from '../support/programs.js';

const page = { headers: { 'content-type': 'text/html' }, body: '<h1>Try again</h1>' };
const problem = {
  headers: { 'content-type': 'application/problem+json' },
  body: '{"code":"made-up","field":"to"}',
};

describe('the PHP class, when something goes wrong', { skip: without('php'), timeout: 120_000 }, () => {
  let gateway: GatewayProcess;
  let tab: TestTab;
  let users = 0;
  let user: string;

  before(async () => {
    gateway = await GatewayProcess.start();
  });
  after(() => gateway.kill());
  beforeEach(async (t) => {
    user = `user ${++users}`;
    tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor(user) });
    (t as TestContext).after(() => tab.close());
  });

  const internalUrl = () => `http://127.0.0.1:${gateway.internalPort}`;

  /** A meddler that ends with the test. */
  async function meddle(t: TestContext, ...fates: Fate[]): Promise<Meddler> {
    const meddler = await Meddler.before(internalUrl(), ...fates);
    t.after(() => meddler.close());
    return meddler;
  }

  /** How often the tab has got the action `once`, after it has all that was sent before. */
  async function deliveries(): Promise<number> {
    await gateway.send({ to: { user }, action: 'end' });
    await tab.next('end');
    return tab.frames.filter(({ action }) => action === 'once').length;
  }

  const sending = () => [{ user }, 'once'];
  const keys = ({ arrivals }: Meddler) => new Set(arrivals.map(({ headers }) => headers['idempotency-key']));

  test('a gateway that is down: the next one is asked', async () => {
    const down = `http://127.0.0.1:${await freePort()}`;
    const receipt = await new PhpClass({ urls: [down, internalUrl()] }).call('send', sending());
    assert.deepEqual(Object.keys(receipt as object), [`user:${user}`]);
    assert.equal(await deliveries(), 1);

    const thrown = await new PhpClass({ urls: down }).fail('send', sending());
    assert.equal(thrown.status, 0);
    assert.match(thrown.message, /^no answer from http:\/\/127\.0\.0\.1:\d+: .*Connection refused/);
  });

  for (const fate of ['lose the answer', 'break off', 'hang', 'hang after the head'] as const)
    test(`${fate}: it is sent again under the same key, and arrives once`, async (t) => {
      const meddler = await meddle(t, fate);
      await new PhpClass({ urls: meddler.url, timeout: 6 }).call('send', sending());
      assert.equal(await deliveries(), 1);
      assert.equal(meddler.arrivals.length, 2);
      assert.equal(keys(meddler).size, 1);
      assert.match(String(...keys(meddler)), /^[0-9a-f]{32}$/);
    });

  for (const status of [429, 502, 503, 504])
    test(`status ${status} passes: it is tried again`, async (t) => {
      const meddler = await meddle(t, { status, ...page });
      await new PhpClass({ urls: meddler.url }).call('send', sending());
      assert.equal(await deliveries(), 1);
      assert.equal(meddler.arrivals.length, 2);
    });

  for (const status of [302, 400, 401, 404, 413, 422, 500, 505, 507])
    test(`status ${status} does not pass: it is not tried again`, async (t) => {
      const elsewhere = await meddle(t);
      const headers = { ...problem.headers, location: elsewhere.url };
      const meddler = await meddle(t, { status, body: problem.body, headers });
      const thrown = await new PhpClass({ urls: [meddler.url, elsewhere.url] }).fail('send', sending());
      assert.deepEqual([thrown.status, thrown.problem, thrown.field], [status, 'made-up', 'to']);
      assert.equal(meddler.arrivals.length, 1);
      assert.equal(elsewhere.arrivals.length, 0);
    });

  test('it comes back when Retry-After says, and at another gateway at once', async (t) => {
    const busy: Fate = { status: 503, headers: { 'retry-after': '1' } };
    const meddler = await meddle(t, busy);
    await new PhpClass({ urls: meddler.url, timeout: 10 }).call('send', sending());
    const [first, second] = meddler.arrivals;
    assert.ok(second!.at - first!.at >= 1000);

    const away = await meddle(t, { status: 503, headers: { 'retry-after': '60' } });
    await new PhpClass({ urls: [away.url, internalUrl()] }).call('send', sending());
    assert.equal(await deliveries(), 2);
  });

  test('it does not wait for what comes after its time', async (t) => {
    const meddler = await meddle(t, { status: 503, headers: { 'retry-after': '60' } });
    const thrown = await new PhpClass({ urls: meddler.url }).fail('send', sending());
    assert.deepEqual([thrown.status, thrown.problem], [503, null]);
    assert.equal(meddler.arrivals.length, 1);
  });

  test('gateways that all hang hold up nobody for longer than the time that is allowed', async (t) => {
    const hanging: Fate[] = Array(9).fill('hang');
    const meddlers = [await meddle(t, ...hanging), await meddle(t, ...hanging)];
    const urls = meddlers.map(({ url }) => url);
    const thrown = await new PhpClass({ urls, timeout: 2, attempts: 3 }).fail('send', sending());
    assert.equal(thrown.status, 0);
    const arrivals = meddlers.map(({ arrivals }) => arrivals.length);
    assert.deepEqual(arrivals, [2, 1]);
    assert.equal(new Set(meddlers.flatMap((meddler) => [...keys(meddler)])).size, 1);
    assert.doesNotMatch(thrown.dump, /an-api-key/);
  });

  test('an answer that dawdles does not get more time than is allowed', async (t) => {
    const meddler = await meddle(t, 'dawdle', 'dawdle');
    const thrown = await new PhpClass({ urls: meddler.url, timeout: 1, attempts: 1 }).fail('user', [user]);
    assert.equal(thrown.status, 0);
    assert.match(thrown.message, /the answer broke off/);
    assert.deepEqual(
      await new PhpClass({ urls: meddler.url, timeout: 9, attempts: 1 }).call('user', [user]),
      [],
    );
  });

  test('an answer that never ends is not waited for', async (t) => {
    const meddler = await meddle(t, 'dribble');
    const thrown = await new PhpClass({ urls: meddler.url, timeout: 0.5, attempts: 1 }).fail('user', [user]);
    assert.equal(thrown.status, 0);
  });

  test('what is no gateway at all is said to be none', async (t) => {
    const meddler = await meddle(t, 'not HTTP', { status: 200, ...page });
    for (const _ of ['not HTTP', 'a page']) {
      const thrown = await new PhpClass({ urls: meddler.url, attempts: 1 }).fail('user', [user]);
      assert.deepEqual([thrown.class, thrown.status], ['Tabcast\\TabcastException', 0]);
      assert.match(thrown.message, /is not that of a gateway/);
    }
  });

  test('a certificate that nobody vouches for: the message says so, and no key is sent', async (t) => {
    const pair = keyPair('P-256');
    const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    const stranger = createServer({ key, cert: certificate(pair) }, () => assert.fail('asked'));
    t.after(() => stranger.close());
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const url = `https://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const thrown = await new PhpClass({ urls: url, attempts: 1 }).fail('user', [user]);
    assert.equal(thrown.status, 0);
    assert.match(thrown.message, /certificate verify failed/);
  });

  test('two sends have two keys, and what is no send has none', async (t) => {
    const meddler = await meddle(t);
    const php = new PhpClass({ urls: meddler.url });
    await php.call('send', sending());
    await php.call('send', sending());
    await php.call('batch', [[{ to: { user }, action: 'once' }]]);
    assert.equal(keys(meddler).size, 3);
    assert.equal(await deliveries(), 3);
    await php.call('user', [user]);
    assert.equal(meddler.arrivals.at(-1)!.headers['idempotency-key'], undefined);
  });

  test('what a proxy says in JSON of its own is no reason to fail otherwise', async (t) => {
    const meddler = await meddle(t, { status: 403, body: '{"code":403,"field":["x"],"expected":{}}' });
    const thrown = await new PhpClass({ urls: meddler.url }).fail('send', sending());
    assert.deepEqual([thrown.class, thrown.status, thrown.problem], ['Tabcast\\TabcastException', 403, null]);
  });
});
