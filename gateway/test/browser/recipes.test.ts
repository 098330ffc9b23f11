import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Welcome } from '@tabcast/client';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { TestBrowser } from '../support/browser.js';
import { blockWith, documentAt } from '../support/documents.js';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { type PageServer, servePages } from '../support/pages.js';
import { noPhp } from '../support/php.js';
import { Recipe } from '../support/recipes.js';
import { tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** Every recipe of docs/client.md as it stands there: in Chromium, under the policy that it says, at a real gateway. */

const run = promisify(execFile);
const titles = {
  login: 'Login refresh',
  badge: 'Notifications badge',
  presence: 'Presence dot',
  chat: 'Chat',
  progress: 'File progress',
  logout: 'Logging out everywhere',
};
const recipes = Object.fromEntries(
  Object.entries(titles).map(([name, title]) => [name, new Recipe(title)]),
) as {
  [Name in keyof typeof titles]: Recipe;
};
const client = documentAt('docs/client.md');

/** A gateway loads one module. */
const application = `
  import presence from './presence.mjs';
  import chat from './chat.mjs';
  export default (tabcast) => [presence, chat].forEach((register) => register(tabcast));
`;

const pageOf = (name: string, html: string) => `<!doctype html>
  <meta charset="utf-8">
  <link rel="stylesheet" href="/${name}.css">
  <script type="module" src="/${name}.js"></script>
  ${html}`;

describe('recipes of the client', () => {
  const browser = new TestBrowser();
  /** Both are filled when the gateway is there. */
  const pages: Record<string, string> = {};
  const policy: Record<string, string> = {};
  let server: PageServer;
  let gateway: GatewayProcess;
  let folder: string;
  let user: string;
  let users = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-recipes-'));
    server = await servePages(pages, policy);
    const HANDLERS = await save('application.mjs', application);
    await save('presence.mjs', recipes.presence.application);
    await save('chat.mjs', recipes.chat.application);
    gateway = await GatewayProcess.start({ ORIGINS: server.origin, HANDLERS, OFFLINE_DELAY: '1500' });
    for (const [name, recipe] of Object.entries(recipes)) {
      pages[`/${name}`] = pageOf(name, recipe.html);
      pages[`/${name}.js`] = atThisGateway(recipe.page);
      pages[`/${name}.css`] = recipe.style;
    }
    Object.assign(pages, {
      // What a page of the first recipe alone does, under another name than that of the page which it goes to.
      '/login-refresh': pageOf('tabs', ''),
      '/tabs.js': pages['/login.js'],
      '/tabs.css': '',
      '/login': '<!doctype html><title>Log in</title>',
      '/script': blockWith(client, 'html', 'tabcast.iife.js'),
      '/page.js': atThisGateway(blockWith(client, 'js', 'tabcast.connect')),
      '/readme': pageOf('readme', ''),
      '/readme.js': atThisGateway(blockWith(documentAt('README.md'), 'js', 'connect(')),
      '/readme.css': '',
      '/again': pageOf('again', blockWith(client, 'html', 'id="news"')),
      '/again.js': atThisGateway(blockWith(client, 'js', "remember: 'session'")),
      '/again.css': '',
    });
    const [, value] = blockWith(client, 'http', 'Content-Security-Policy').split(': ', 2);
    policy['content-security-policy'] = atThisGateway(value!.trim());
  });
  beforeEach(() => {
    user = `user ${++users}`;
  });
  after(async () => {
    await gateway.kill('SIGTERM');
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function save(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  /** A text of the docs, about the gateway of this test. */
  function atThisGateway(text: string): string {
    return text
      .replaceAll('wss://live.example.com', `ws://127.0.0.1:${gateway.publicPort}`)
      .replaceAll('127.0.0.1:8081', `127.0.0.1:${gateway.internalPort}`);
  }

  /** A browser in which somebody is logged in at the application. */
  async function logIn(who: string, grant: Parameters<typeof tokenFor>[1] = {}): Promise<BrowserContext> {
    const profile = await browser.profile();
    await profile.route('**/tabcast-token', async (route) =>
      route.fulfill({ body: await tokenFor(who, grant) }),
    );
    return profile;
  }

  /** Opens a page, and waits until its tab is there. */
  async function open(path: string, profile: BrowserContext, who = user): Promise<Page> {
    const tabs = await tabsOf(who);
    const page = await browser.open(`${server.origin}${path}`, profile);
    await until('the tab', async () => (await tabsOf(who)) > tabs);
    return page;
  }

  /** What the gateway has said to the tab of a page. */
  function welcomeOf(page: Page): Promise<Welcome> {
    return page.evaluate(`import('/tabs.js').then(({ tabs }) => tabs.welcome)`);
  }

  async function tabsOf(who: string): Promise<number> {
    const answer = await gateway.api(`/v1/users/${encodeURIComponent(who)}`);
    return ((await answer.json()) as { tabs: number }).tabs;
  }

  test('every recipe is tested here', () => {
    const [, text] = client.text.split('## Recipes\n');
    assert.deepEqual(
      [...text!.matchAll(/^### (.*)$/gm)].map(([, title]) => title),
      Object.values(titles),
    );
  });

  test('login refresh: the connection lives on with a new token, and ends with the login', async () => {
    const asked: Route[] = [];
    const profile = await browser.profile();
    await profile.route('**/tabcast-token', async (route) => {
      if (asked.push(route) > 2) await route.fulfill({ status: 401 });
      else await route.fulfill({ body: await tokenFor(user, { expiresIn: 2 }) });
    });
    browser.tolerate(/401 \(Unauthorized\)/);
    const page = await open('/login-refresh', profile);
    const first = await welcomeOf(page);
    await until('the second token', async () => (await welcomeOf(page)).expires! > first.expires!);
    assert.equal((await welcomeOf(page)).connection, first.connection);
    await page.waitForURL('**/login');
    assert.equal(asked.length, 3);
  });

  test('notifications badge: what is sent is shown in every tab, and read in one is read in all', async () => {
    let unread = 3;
    const tell = () => gateway.send({ to: { user }, action: 'notifications/unread', details: [unread] });
    const profile = await logIn(user);
    await profile.route('**/notifications/unread', async (route: Route) => {
      if (route.request().method() === 'DELETE') {
        unread = 0;
        await tell();
      }
      await route.fulfill({ json: unread });
    });
    const [first, second] = [await open('/badge', profile), await open('/badge', profile)];
    const badge = (page: Page) => page.getByRole('status');
    await badge(first).getByText('3').waitFor();
    unread = 4;
    await tell();
    for (const page of [first, second]) await badge(page).getByText('4').waitFor();
    await first.getByRole('button', { name: 'Notifications' }).click();
    for (const page of [first, second]) await badge(page).waitFor({ state: 'hidden' });
  });

  test('presence dot: shows who is there from the beginning, comes and goes', async () => {
    const profile = await logIn(user, { join: ['presence/*'] });
    await profile.route('**/presence/7', async (route) => {
      const answer = await gateway.api('/v1/users/7');
      await route.fulfill({ json: await answer.json() });
    });
    const page = await open('/presence', profile);
    const dot = (label: string) => page.locator(`.dot[aria-label="${label}"]`).waitFor();
    await dot('offline');
    const seventh = await logIn('7');
    await open('/readme', seventh, '7');
    await dot('online');
    const reloaded = await open('/presence', profile);
    await reloaded.locator('.dot[aria-label="online"]').waitFor();
    await seventh.close();
    await dot('offline');
  });

  test('chat: says who wrote it, shows markup as text, and tells what was refused', async () => {
    const friend = `${user}, a friend`;
    const page = await open('/chat', await logIn(user, { join: ['room/*'] }));
    const other = await open('/chat', await logIn(friend, { join: ['room/*'] }), friend);
    const say = async (from: Page, text: string) => {
      await from.getByLabel('Message').fill(text);
      await from.getByRole('button', { name: 'Send' }).click();
    };
    const evil = '<img src=x onerror="document.title=1">';
    await say(page, evil);
    for (const one of [page, other]) await one.getByText(`${user}: ${evil}`).waitFor();
    await say(other, 'x'.repeat(501));
    await other.getByRole('alert').getByText('At most 500 characters').waitFor();
    assert.equal(await other.getByLabel('Message').inputValue(), 'x'.repeat(501));
    await say(other, 'Good morning');
    await page.getByText(`${friend}: Good morning`).waitFor();
    assert.equal(await page.getByRole('listitem').count(), 2);
  });

  test('file progress: every tab shows how far it is', { skip: noPhp }, async () => {
    const profile = await logIn(user);
    const shown = [await open('/progress', profile), await open('/progress', profile)];
    await save(
      'tabcast.php',
      atThisGateway(blockWith(documentAt('README.md'), 'php', '127.0.0.1:8081')).split('$receipt')[0]!,
    );
    const job = await save('job.php', recipes.progress.php);
    const file = await save('members.csv', 'name;city\n'.repeat(1000));
    await run('php', [job, file, user], { env: { ...process.env, KEY: apiKey } });
    for (const page of shown) await page.getByText('members.csv').locator('progress[value="100"]').waitFor();
  });

  test('logging out everywhere: every tab forgets and goes to the login', async () => {
    const profile = await logIn('42');
    const shown = [await open('/logout', profile, '42'), await open('/logout', profile, '42')];
    await shown[0]!.evaluate(`localStorage.setItem('draft', 'secret')`);
    await run('sh', ['-c', atThisGateway(recipes.logout.shell)], { env: { ...process.env, KEY: apiKey } });
    for (const page of shown) await page.waitForURL('**/login');
    assert.equal(await shown[0]!.evaluate('localStorage.length'), 0);
  });

  test('loading the page again: what was missed follows, and the application is asked only on a first visit', async () => {
    const profile = await logIn(user, { join: ['news'] });
    let asked = 0;
    await profile.route('**/news', (route) => route.fulfill({ json: [[++asked, 'From the application']] }));
    const add = (id: number, title: string) =>
      gateway.send({ to: { group: 'news' }, action: 'news/added', details: [id, title] });
    const page = await open('/again', profile);
    const lines = () => page.getByRole('listitem').allTextContents();
    await page.getByText('From the application').waitFor();
    await add(10, 'Live');
    await page.getByText('Live').waitFor();
    // Once this is loaded the page before is gone.
    await page.route(
      '**/client/*',
      async (route) => {
        await add(11, 'Missed');
        await route.continue();
      },
      { times: 1 },
    );
    await page.reload();
    await page.getByText('Missed').waitFor();
    assert.deepEqual(await lines(), ['From the application', 'Live', 'Missed']);
    assert.equal(asked, 1);
  });

  test('what README.md and docs/client.md begin with connects and hears', async () => {
    const profile = await logIn(user);
    await open('/script', profile);
    const page = await open('/readme', profile);
    const said = page.waitForEvent('console');
    await gateway.send({ to: { user }, action: 'order/shipped', details: [1234] });
    assert.equal((await said).text(), 'shipped: 1234');
  });
});
