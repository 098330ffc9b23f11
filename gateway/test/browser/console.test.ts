import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { lostConnections, photograph, TestBrowser } from '../support/browser.js';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { Traffic } from '../support/traffic.js';
import { until } from '../support/until.js';

/** Looks like markup, as the ids of users and groups may. */
const hostile = '<img src=x onerror="document.title=1"> & co';

/** The operator's page in a real browser. Whatever breaks its Content-Security-Policy fails the test: see TestBrowser. */
describe('the console in Chromium', { timeout: 110_000 }, () => {
  const browser = new TestBrowser();
  let redis: RedisServer;
  let a: GatewayProcess;
  let b: GatewayProcess;
  const started: GatewayProcess[] = [];
  const tabs: TestTab[] = [];

  before(async () => {
    redis = await startRedis();
    [a, b] = await Promise.all([start(), start()]);
  });
  after(async () => {
    for (const tab of tabs) tab.socket.terminate();
    for (const gateway of started) await gateway.kill();
    await redis?.close();
  });

  async function start(): Promise<GatewayProcess> {
    const options = { REDIS_URL: redis.url, MAX_TABS: '1000', DRAIN_WINDOW: '1' };
    const gateway = GatewayProcess.launch(options);
    started.push(gateway);
    await gateway.listening();
    return gateway;
  }

  async function openTab(gateway: GatewayProcess, user: string, groups: string[] = []): Promise<TestTab> {
    const tab = await TestTab.open(gateway.socketUrl, {
      token: await tokenFor(user, { session: 'a login', groups }),
    });
    tabs.push(tab);
    return tab;
  }

  async function openConsole(gateway: GatewayProcess): Promise<Page> {
    const page = await browser.open(`http://127.0.0.1:${gateway.internalPort}/console`);
    await signIn(page, apiKey);
    await rowOf(page, gateway.id).waitFor();
    return page;
  }

  test('a wrong key is refused in words, the right one is kept for this browser tab until it signs out', async () => {
    browser.tolerate(/status of 401/);
    const page = await browser.open(`http://127.0.0.1:${a.internalPort}/console/`);
    for (const wrong of ['a wrong key', 'a-wrong-key', 'schlüssel']) {
      await signIn(page, wrong);
      await page.getByRole('alert').filter({ hasText: 'does not accept this key' }).waitFor();
      assert.equal(await page.locator('#gateways tbody tr').count(), 0);
    }
    await signIn(page, apiKey);
    await rowOf(page, a.id).waitFor();
    await page.reload();
    await rowOf(page, b.id).waitFor();
    assert.ok(!(await page.content()).includes(apiKey));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.reload();
    await page.getByLabel('API key of this cluster').waitFor();
    assert.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0);
  });

  test('charts are there at once, and follow; the lines are told apart by the colours of the table', async () => {
    await openTab(a, 'ann');
    const page = await openConsole(b);
    assert.equal(await page.locator('#charts canvas').count(), 6);
    const chart = page.locator('figure', { hasText: 'Tabs' }).first();
    await chart.locator('output', { hasText: /^1$/ }).waitFor();
    await openTab(a, 'ann');
    await chart.locator('output', { hasText: /^2$/ }).waitFor();
    const swatches = page.locator('#gateways .swatch');
    const colours = await swatches.evaluateAll((all) => all.map((one) => one.getAttribute('data-colour')));
    assert.equal(new Set(colours).size, 2);
    await page.locator('#summary', { hasText: '2 gateways, 2 tabs' }).waitFor();
  });

  test('a gateway that starts appears, and one that is killed is shown as lost', async () => {
    const page = await openConsole(a);
    const c = await start();
    await rowOf(page, c.id).filter({ hasText: 'new' }).waitFor();
    await c.kill('SIGKILL');
    await rowOf(page, c.id).filter({ hasText: 'lost' }).waitFor();
    assert.match((await rowOf(page, c.id).getAttribute('class'))!, /gone/);
    await page.locator('#summary', { hasText: '2 gateways' }).waitFor();
  });

  test('a user is looked up, gets a message, and is disconnected; what looks like markup is text', async () => {
    const [one, two] = [await openTab(a, hostile, [hostile]), await openTab(b, hostile)];
    const page = await openConsole(a);
    await page.getByLabel('Id of a user').fill(hostile);
    await page.getByRole('button', { name: 'Look up' }).click();
    const found = page.locator('#user-found');
    await found.filter({ hasText: '2 tabs on 2 gateways' }).waitFor();
    assert.equal(await found.locator('b').innerText(), hostile);
    assert.equal(await found.locator('dd').nth(1).innerText(), hostile, 'the group');
    for (const tab of [one, two]) assert.ok((await found.innerText()).includes(tab.connection));

    await page.getByLabel('Id', { exact: true }).fill(hostile);
    await page.getByLabel('Details, as JSON').fill('{"n":');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('#message-result', { hasText: 'not JSON' }).waitFor();
    await page.getByLabel('Details, as JSON').fill('[{"n": 1}, "two"]');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    for (const tab of [one, two])
      assert.deepEqual((await tab.next('console/test')).details, [{ n: 1 }, 'two']);
    await page.locator('#message-result', { hasText: 'went to 2 gateways' }).waitFor();

    await found.getByRole('button', { name: `Close tab ${one.connection}` }).click();
    await confirm(page, 'Disconnect');
    assert.equal((await one.closed).code, 4407);
    await found.filter({ hasText: '1 tab on 1 gateway' }).waitFor();
    await found.getByRole('button', { name: 'Disconnect all tabs' }).click();
    await page.getByLabel('connect again').check();
    await confirm(page, 'Disconnect');
    assert.equal((await two.closed).code, 4007);
    await found.filter({ hasText: 'offline' }).waitFor();
    await page.locator('#closes', { hasText: 'dismissed' }).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
  });

  test('what reaches everybody is asked for twice, and nothing happens when it is not meant', async () => {
    const tab = await openTab(a, 'eve');
    const page = await openConsole(a);
    const send = page.getByRole('button', { name: 'Send', exact: true });
    // Not by its label: the names of buttons have ids in them, and one of those may have a "to" in it.
    await page.locator('#target').selectOption('all');
    await page.getByLabel('Action').fill('console/unmeant');
    await send.click();
    await page.keyboard.press('Escape');
    await page.getByLabel('Action').fill('console/meant');
    await send.click();
    await confirm(page, 'Send');
    await tab.next('console/meant');
    assert.ok(!tab.frames.some(({ action }) => action === 'console/unmeant'));
  });

  test('it looks as it should under load', async () => {
    for (let number = 0; number < 150; number++)
      await openTab([a, a, b][number % 3]!, `user ${number % 60}`, ['red']);
    const traffic = new Traffic([
      { gateway: a, to: { group: 'red' } },
      { gateway: b, to: { users: ['user 1', 'user 2'] } },
    ]);
    const page = await openConsole(a);
    await page.getByLabel('Id of a user').fill('user 1');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.locator('.connections').waitFor();
    await until('the load to be seen', async () => {
      const cell = rowOf(page, b.id).locator('[data-label="deliveries/s"]');
      return Number((await cell.innerText()).replace(',', '')) > 100;
    });
    await photograph(page, 'console');
    await traffic.stop();
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'nothing sticks out');
  });

  test('a gateway is drained after a second click, and shown as gone', async () => {
    const c = await start();
    const tab = await openTab(c, 'dan');
    const page = await openConsole(a);
    await rowOf(page, c.id).getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await rowOf(page, c.id).getByRole('button', { name: 'Drain' }).click();
    assert.ok(c.running);
    await confirm(page, 'Drain');
    assert.equal((await tab.closed).code, 4000);
    assert.equal(await c.exited(), 0);
    await rowOf(page, c.id).locator('.orders button').waitFor({ state: 'hidden' });
  });

  test('a gateway that is cut off from Redis says so for as long as it is', async () => {
    const page = await openConsole(a);
    const warning = page.getByRole('alert').filter({ hasText: 'cut off from Redis' });
    await rowOf(page, b.id).waitFor();
    await redis.kill();
    try {
      await warning.waitFor();
      assert.equal(await rowOf(page, b.id).isVisible(), true, 'what it knew last');
    } finally {
      await redis.restart();
    }
    await warning.waitFor({ state: 'hidden' });
  });

  test('when its own gateway is gone it says so, and how old is what it shows', async () => {
    const c = await start();
    const page = await openConsole(c);
    browser.tolerate(lostConnections);
    await c.kill();
    await page
      .getByRole('alert')
      .filter({ hasText: `Gateway ${c.id}, which serves this page, does not answer` })
      .waitFor();
    await page.locator('#freshness', { hasText: /as of \d+ s ago/ }).waitFor();
    await rowOf(page, a.id).waitFor();
  });
});

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key of this cluster').fill(key);
  await page.keyboard.press('Enter');
}

function rowOf(page: Page, gateway: string) {
  return page.locator(`[data-gateway="${gateway}"]`);
}

function confirm(page: Page, word: string): Promise<void> {
  return page.getByRole('dialog').getByRole('button', { name: word }).click();
}
