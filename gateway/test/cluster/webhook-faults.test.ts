import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { GatewayProcess } from '../support/gateway.js';
import { type Behaviour, HostileBackend } from '../support/hostile-backend.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { ask, grown, webhookCounts, webhookOptions } from '../support/webhooks.js';

/** F23, what tabs see: a backend that hangs, drips, redirects and lies, before a real gateway. */

/** What a tab gets, and how it is counted. */
const faults: Record<Exclude<Behaviour, 'ok' | 'drip-continue'>, [code: number, outcome: string]> = {
  hang: [504, 'slow'],
  'drip-headers': [504, 'slow'],
  'drip-body': [504, 'slow'],
  error: [502, 'refused'],
  away: [502, 'refused'],
  unauthorized: [502, 'refused'],
  redirect: [502, 'refused'],
  'redirect-to-metadata': [502, 'refused'],
  garbage: [502, 'refused'],
  'not-http': [502, 'refused'],
  'many-headers': [502, 'refused'],
  'lies-long': [502, 'refused'],
  huge: [502, 'refused'],
  close: [502, 'refused'],
};

describe('a backend of which nothing good can be expected', () => {
  let backend: HostileBackend;
  let gateway: GatewayProcess;

  before(async () => {
    backend = await HostileBackend.start();
    gateway = await GatewayProcess.start({ ...webhookOptions, WEBHOOK_URL: backend.url });
  });
  after(async () => {
    await gateway.kill();
    await backend.close();
  });
  beforeEach(() => heal());

  const open = async (user: string, at = gateway) =>
    TestTab.open(at.socketUrl, { token: await tokenFor(user) });
  const openSome = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => open(`u${n}`)));
  const all = async (answers: Promise<unknown>[]) => [...new Set(await Promise.all(answers))];
  const breakerOpen = () => gateway.metric('tabcast_webhook_breaker_open');

  /** Mends the backend, and waits until the gateway has noticed. */
  async function heal(): Promise<void> {
    backend.behaviour = 'ok';
    const tab = await open('healer');
    let asked = 0;
    await until('the breaker to close', async () => (await ask(tab, ++asked)) === 'well');
    await tab.close();
    await until('everything to be told', async () => (await gateway.metric('tabcast_webhook_queue')) === 0);
    assert.equal(await breakerOpen(), 0);
  }

  test('every fault has its code; the backend was asked once; the same tab is well as soon as it is mended', async () => {
    const before = await webhookCounts(gateway);
    backend.behaviour = 'as-named';
    const tabs = await openSome(Object.keys(faults).length);
    const answers = Object.keys(faults).map(async (behaviour, n) => [
      behaviour,
      await ask(tabs[n]!, 1, behaviour),
    ]);
    assert.deepEqual(
      Object.fromEntries(await Promise.all(answers)),
      Object.fromEntries(Object.entries(faults).map(([behaviour, [code]]) => [behaviour, code])),
    );
    assert.deepEqual(grown(before, await webhookCounts(gateway)), { refused: 11, slow: 3 });
    for (const { connection } of tabs) {
      const asked = backend.requests.filter(({ data }) => data['connection'] === connection);
      assert.deepEqual(
        asked.map(({ path }) => path),
        ['/hook'],
      );
    }
    assert.deepEqual(await all(tabs.map((tab) => ask(tab, 2, 'ok'))), ['well']);
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  test('a visitor is sent away while the backend hangs', async () => {
    backend.behaviour = 'hang';
    await TestTab.connect(gateway.socketUrl).closed;
    assert.equal(await gateway.metric('tabcast_handshakes_total{outcome="backend-unavailable"}'), 1);
  });

  test('the breaker opens, spares the backend, and closes when it is mended', async () => {
    const tabs = await openSome(10);
    const [before, asked] = [await webhookCounts(gateway), backend.requests.length];
    backend.behaviour = 'away';
    assert.deepEqual(await all(tabs.map((tab) => ask(tab, 1))), [502]);
    assert.equal(await breakerOpen(), 1);
    assert.deepEqual(await all(tabs.map((tab) => ask(tab, 2))), [503]);
    assert.equal(backend.requests.length, asked + 10);
    assert.deepEqual(grown(before, await webhookCounts(gateway)), { refused: 10, 'circuit-open': 10 });
    await heal();
    assert.deepEqual(await all(tabs.map((tab) => ask(tab, 3))), ['well']);
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  test('500 is the word of a living backend and does not open the breaker', async () => {
    const tab = await open('ann');
    backend.behaviour = 'error';
    for (let n = 0; n < 12; n++) assert.equal(await ask(tab, n), 502);
    backend.behaviour = 'ok';
    assert.equal(await ask(tab, 'after'), 'well');
    await tab.close();
  });

  test('what is told arrives after the backend is mended, under the same id', async () => {
    const tab = await open('ann');
    const { connection } = tab;
    backend.behaviour = 'error';
    await tab.close();
    const tries = () => backend.requests.filter(({ data }) => data['connection'] === connection);
    await until('the first try', () => tries().length === 1);
    backend.behaviour = 'ok';
    await until('the second try', () => tries().length === 2);
    assert.equal(tries()[0]!.type, 'disconnect');
    assert.equal(tries()[0]!.id, tries()[1]!.id);
    await until('it to be told', async () => (await gateway.metric('tabcast_webhook_queue')) === 0);
    assert.equal(await gateway.metric('tabcast_webhook_events_dropped_total'), 0);
  });

  test('a backend that is not there: 503, and well as soon as it is back', async (t) => {
    const gone = await HostileBackend.start();
    const lone = await GatewayProcess.start({ ...webhookOptions, WEBHOOK_URL: gone.url });
    t.after(() => lone.kill());
    const tab = await open('ann', lone);
    assert.equal(await ask(tab, 1), 'well');
    const { port } = gone;
    await gone.close();
    assert.equal(await ask(tab, 2), 503);
    const back = await HostileBackend.start(port);
    t.after(() => back.close());
    assert.equal(await ask(tab, 3), 'well');
    assert.equal(await lone.metric('tabcast_webhooks_total{outcome="down"}'), 1);
  });
});
