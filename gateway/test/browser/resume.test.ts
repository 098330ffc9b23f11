import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../support/browser.js';
import type { GatewayProcess } from '../support/gateway.js';
import { servePages } from '../support/pages.js';
import { PerTest } from '../support/per-test.js';
import { tokenFor } from '../support/tab.js';

/** What a page gets that was sent while it was loaded again, in a real Chromium at a real gateway. */

const page = (bundle: string, options: object) => `<!doctype html><meta charset="utf-8"><title>Resume</title>
<script type="module">
  import { connect } from '/client/${bundle}';
  const { url, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  globalThis.heard = [];
  globalThis.tabs = connect(url, { token, ...${JSON.stringify(options)} });
  tabs.on('count', (number) => heard.push(number));
  tabs.onGap((channel) => heard.push(channel));
</script>`;

const files = {
  '/elsewhere': '<!doctype html><meta charset="utf-8"><title>Elsewhere</title>',
  '/alone': page('unshared.js', { remember: 'session' }),
  '/worker': page('tabcast.js', { remember: 'session', share: 'worker' }),
  '/leader': page('tabcast.js', { remember: 'session', share: 'leader' }),
  '/memory': page('tabcast.js', { share: 'worker' }),
};

describe('a page that is loaded again', () => {
  const browser = new TestBrowser();
  const cluster = new PerTest();

  const heardLast = (tab: Page, last: number) =>
    tab.waitForFunction(`heard.at(-1) === ${last}`, undefined, { polling: 20 });
  const isOpen = (tab: Page) => tab.waitForFunction(`tabs.state === 'open'`, undefined, { polling: 20 });
  const publish = (gateway: GatewayProcess, number: number) =>
    gateway.send({ to: { user: 'ann' }, action: 'count', details: [number] });

  for (const [path, expected] of [
    ['/alone', [2, 3]],
    ['/worker', [2, 3]],
    ['/leader', [2, 3]],
    ['/memory', [3]],
  ] as const)
    test(`at ${path} it gets ${expected}`, async () => {
      const server = await servePages(files);
      const gateway = await cluster.start({ ORIGINS: server.origin });
      const address = `${server.origin}${path}#${new URLSearchParams({ url: gateway.socketUrl, token: await tokenFor('ann') })}`;
      const tab = await browser.open(address, await browser.profile());
      await isOpen(tab);
      await publish(gateway, 1);
      await heardLast(tab, 1);
      await tab.goto(`${server.origin}/elsewhere`);
      await publish(gateway, 2);
      await tab.goto(address);
      await isOpen(tab);
      await publish(gateway, 3);
      await heardLast(tab, 3);
      assert.deepEqual(await tab.evaluate('heard'), expected);
    });

  for (const path of ['/alone', '/worker'])
    test(`at ${path}, loaded anew, it gets what was missed of a group that it joins later`, async () => {
      const server = await servePages(files);
      const gateway = await cluster.start({ ORIGINS: server.origin });
      const token = await tokenFor('ann', { join: ['room'] });
      const address = `${server.origin}${path}#${new URLSearchParams({ url: gateway.socketUrl, token })}`;
      const say = (number: number) =>
        gateway.send({ to: { group: 'room' }, action: 'count', details: [number] });
      const tab = await browser.open(address, await browser.profile());
      await isOpen(tab);
      await tab.evaluate(`tabs.join('room')`);
      await say(1);
      await heardLast(tab, 1);
      // Once this is loaded the page before is gone, and its tab with it.
      await tab.route(
        '**/client/*',
        async (route) => {
          await say(2);
          await route.continue();
        },
        { times: 1 },
      );
      await tab.reload();
      await isOpen(tab);
      await publish(gateway, 0);
      await heardLast(tab, 0);
      await say(3);
      await tab.evaluate(`tabs.join('room')`);
      await say(4);
      await heardLast(tab, 4);
      assert.deepEqual(await tab.evaluate('heard'), [0, 2, 3, 4]);
    });
});
