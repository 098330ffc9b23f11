import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { freeze, TestBrowser } from '../support/browser.js';
import type { GatewayProcess } from '../support/gateway.js';
import { type PageServer, servePages } from '../support/pages.js';
import { PerTest } from '../support/per-test.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** What pages of one browser see of the socket that they share, in a real Chromium at a real gateway. */

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

/** Keeps what it hears; what it is to do stands in the fragment of its address. */
const script = `
  const { url, token, ...options } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  globalThis.heard = [];
  globalThis.states = [];
  globalThis.tabs = connect(url, { token, ...options });
  tabs.on('count', (number) => heard.push(number));
  tabs.onState((state, { code }) => states.push([state, code]));
`;
/** Whether a page has been told to move, and has. */
const movedAndOpen = `states.some(([, code]) => code === 4005) && tabs.state === 'open'`;
const body = '<!doctype html><meta charset="utf-8"><title>Shared</title>';
const files = {
  '/': `${body}<script type="module">import { connect } from '/client/tabcast.js'; ${script}</script>`,
  '/classic': `${body}<script src="/client/tabcast.iife.js"></script><script>{ const { connect } = tabcast; ${script} }</script>`,
  '/broken.js': 'throw new Error("broken")',
};

describe('pages that share a socket', () => {
  const browser = new TestBrowser();
  const cluster = new PerTest({
    ...{ HANDLERS: application, TAB_MESSAGES_PER_SECOND: '1000' },
    // On a busy machine Redis takes its time. What it does not answer is refused, and that to a page which may have gone.
    REDIS_TIMEOUT: '10000',
  });
  let server: PageServer;
  let gateway: GatewayProcess;
  let profile: BrowserContext;

  async function begin(): Promise<void> {
    server = await servePages(files);
    gateway = await cluster.start({ ORIGINS: server.origin });
    profile = await browser.profile();
  }

  async function open(user: string, options: Record<string, string> = {}, path = '/'): Promise<Page> {
    const given = new URLSearchParams({ url: gateway.socketUrl, token: await tokenFor(user), ...options });
    const page = await browser.open(`${server.origin}${path}#${given}`, profile);
    await isOpen(page);
    return page;
  }

  const openAll = (count: number, user: string, options?: Record<string, string>, path?: string) =>
    inTurn(count, () => open(user, options, path));
  // Not by animation frames, Playwright's default: there are none in a page that is hidden.
  const holds = (page: Page, condition: string) =>
    page.waitForFunction(condition, undefined, { polling: 20 });
  const isOpen = (page: Page) => holds(page, `tabs.state === 'open'`);
  const heard = (page: Page) => page.evaluate('heard') as Promise<number[]>;
  const states = (page: Page) => page.evaluate('states') as Promise<[string, number | undefined][]>;
  const connections = () => gateway.metric('tabcast_connections');
  const tabs = () => gateway.metric('tabcast_tabs');
  const hasTabs = (count: number) => until(`${count} tabs`, async () => (await tabs()) === count);
  const publish = (to: object, numbers: number[]) =>
    gateway.send(numbers.map((number) => ({ to, action: 'count', details: [number] })));
  const heardLast = (page: Page, last: number) => holds(page, `heard.at(-1) === ${last}`);

  for (const [what, path, options] of [
    ['SharedWorker', '/', { share: 'worker' }],
    ['SharedWorker of the classic script', '/classic', { share: 'worker' }],
    ['leader', '/', { share: 'leader' }],
    ['what the browser has', '/', {}],
  ] as const)
    test(`four tabs are one connection, and four tabs (${what})`, async () => {
      await begin();
      const pages = await openAll(4, 'ann', options, path);
      assert.equal(await connections(), 1);
      assert.equal(await tabs(), 4);
      const ann = (await (await gateway.api('/v1/users/ann')).json()) as { tabs: number };
      assert.equal(ann.tabs, 4);
      await publish({ user: 'ann' }, range(1, 20));
      for (const page of pages) await heardLast(page, 20);
      for (const page of pages) assert.deepEqual(await heard(page), range(1, 20));
    });

  test('closing any page takes nothing from the others, with a SharedWorker', async () => {
    await begin();
    const pages = await openAll(4, 'ann', { share: 'worker' });
    let sent = 0;
    for (const closing of [0, 2]) {
      sent += 600;
      const stream = async () => {
        for (let first = 0; first < 600; first += 10)
          await publish({ user: 'ann' }, range(sent - 599 + first, sent - 590 + first));
      };
      await Promise.all([stream(), pages[closing]!.close()]);
    }
    const others = [pages[1]!, pages[3]!];
    for (const page of others) await heardLast(page, sent);
    for (const page of others) assert.deepEqual(await heard(page), range(1, sent));
    await hasTabs(2);
    assert.equal(await connections(), 1);
  });

  test('when the leader is closed another page leads, and nothing is lost or comes twice', async () => {
    await begin();
    const listener = cluster.keep(
      await TestTab.open(gateway.socketUrl, { token: await tokenFor('listener') }),
    );
    // Enough for all that is sent until another page leads, however long that takes.
    const pages = await openAll(4, 'ann', { share: 'leader', maxQueued: '10000' });
    await publish({ user: 'ann' }, range(1, 200));
    for (const page of pages) await heardLast(page, 200);
    // Each page goes on sending all the time.
    for (const [number, page] of pages.entries())
      await page.evaluate(`{
        let count = 0;
        globalThis.refused = [];
        tabs.on('send', undefined, (...error) => refused.push(error));
        setInterval(() => tabs.send('send', [{ user: 'listener' }, 'said', ${number}, ++count]), 5);
        globalThis.sentSoFar = () => count;
      }`);
    const said = (number: number) =>
      listener.frames
        .filter(({ action, details }) => action === 'said' && details[0] === number)
        .map(({ details }) => details[1] as number);
    await until('all of them to be heard', () => pages.every((_, number) => said(number).length > 20));
    const [leader, ...others] = pages;
    let between = 200;
    let over = false;
    const stream = async () => {
      while (!over) await publish({ user: 'ann' }, [++between]);
    };
    const change = async () => {
      await leader!.close();
      for (const page of others) await holds(page, movedAndOpen);
      over = true;
    };
    await Promise.all([stream(), change()]);
    for (const page of others) assert.deepEqual((await states(page)).at(-1), ['open', undefined]);
    await publish({ user: 'ann' }, range(between + 1, between + 200));
    for (const page of others) await heardLast(page, between + 200);
    for (const page of others) assert.deepEqual(await heard(page), range(1, between + 200));
    assert.equal(await connections(), 2);
    await hasTabs(4);
    for (const number of [1, 2, 3]) {
      const count = (await pages[number]!.evaluate('sentSoFar()')) as number;
      await until(`${count} from page ${number}`, () => said(number).length >= count).catch(() => {});
      assert.deepEqual(await pages[number]!.evaluate('refused'), []);
      assert.deepEqual(said(number).slice(0, count), range(1, count));
    }
  });

  test('a page that is loaded anew finds its place again, also when it is the only one', async () => {
    await begin();
    const page = await open('ann');
    const opened = await gateway.metric('tabcast_tabs_opened_total');
    for (let time = 0; time < 3; time++) {
      await page.reload();
      await isOpen(page);
    }
    await hasTabs(1);
    await publish({ user: 'ann' }, [7]);
    await heardLast(page, 7);
    assert.deepEqual(await heard(page), [7]);
    assert.equal(await gateway.metric('tabcast_tabs_opened_total'), opened! + 3);
    assert.equal(await connections(), 1);
  });

  for (const share of ['worker', 'leader'])
    test(`pages of two users in one browser get only what is theirs (${share})`, async () => {
      await begin();
      const [ann, bob] = [await open('ann', { share }), await open('bob', { share })];
      assert.equal(await connections(), 1);
      await publish({ user: 'ann' }, [1]);
      await publish({ user: 'bob' }, [2]);
      await publish({ all: true }, [3]);
      for (const page of [ann, bob]) await heardLast(page, 3);
      assert.deepEqual(
        [await heard(ann), await heard(bob)],
        [
          [1, 3],
          [2, 3],
        ],
      );
    });

  for (const share of ['worker', 'leader'])
    test(`a page that is frozen leaves, and is back when it is shown again (${share})`, async () => {
      await begin();
      profile = await browser.ordinaryProfile();
      const [first, second] = await openAll(2, 'ann', { share });
      await second!.bringToFront();
      const thaw = await freeze(first!);
      if (share === 'leader') await holds(second!, movedAndOpen);
      await hasTabs(1);
      await publish({ user: 'ann' }, [1]);
      await heardLast(second!, 1);
      await thaw();
      await holds(first!, movedAndOpen);
      await hasTabs(2);
      await publish({ user: 'ann' }, [2]);
      for (const page of [first!, second!]) await heardLast(page, 2);
      assert.deepEqual(await heard(first!), [1, 2]);
      assert.equal(await connections(), 1);
    });

  test('where the worker cannot be loaded a page leads', async () => {
    await begin();
    browser.tolerate(/404/);
    const [first] = await openAll(2, 'ann', { worker: '/none.js' });
    assert.equal(await connections(), 1);
    await publish({ user: 'ann' }, [1]);
    await heardLast(first!, 1);
  });

  test('where nothing can be shared each page has a socket', async () => {
    await begin();
    browser.tolerate(/404/);
    await profile.addInitScript('delete globalThis.BroadcastChannel');
    await openAll(2, 'ann', { worker: '/none.js' });
    assert.equal(await connections(), 2);
  });

  test('what goes wrong in a SharedWorker fails a test', async () => {
    await begin();
    const given = new URLSearchParams({
      url: gateway.socketUrl,
      token: await tokenFor('ann'),
      worker: '/broken.js',
    });
    await browser.open(`${server.origin}/#${given}`, profile);
    await until('a complaint', () =>
      browser.complaints.some((complaint) => /SharedWorker.*broken/s.test(complaint)),
    );
    browser.tolerate(/broken/);
  });
});

/** Whole numbers, both ends included. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function inTurn<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) made.push(await make());
  return made;
}
