import { describe, test } from 'node:test';
import { TestBrowser } from '../support/browser.js';
import { servePages } from '../support/pages.js';
import { PerTest } from '../support/per-test.js';
import { tokenFor } from '../support/tab.js';

/** What a page does with the SDK; where to connect and as whom stands in the fragment of its address. */
const use = `
  const { url, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const tabs = connect(url, { token });
  const show = (id, text) => document.querySelector('#' + id).append(text);
  tabs.onState((state) => show('states', state + ' '));
  tabs.on('chat/said', (who, text) => show('said', who + ': ' + text));
  tabs.join('red').then(() => show('states', 'joined'));
`;

const body = '<!doctype html><meta charset="utf-8"><title>Bundle</title><p id="states"></p><p id="said"></p>';

/** By path; none of them lets a script of another kind run than the one it is about. */
const pages = {
  ...Object.fromEntries(
    ['tabcast', 'unshared', 'msgpack'].map((name) => [
      `/${name}`,
      `${body}<script type="module">import { connect } from '/client/${name}.js'; ${use}</script>`,
    ]),
  ),
  '/iife': `${body}<script src="/client/tabcast.iife.js"></script><script>{ const { connect } = tabcast; ${use} }</script>`,
};

describe('the bundles of the SDK in a page', () => {
  const browser = new TestBrowser();
  const cluster = new PerTest();

  for (const path of Object.keys(pages))
    test(`${path} connects, joins and hears`, async () => {
      const { origin } = await servePages(pages);
      const gateway = await cluster.start({ ORIGINS: origin });
      const token = await tokenFor('ann', { join: ['*'] });
      const given = new URLSearchParams({ url: gateway.socketUrl, token });
      const page = await browser.open(`${origin}${path}#${given}`);
      await page.locator('#states', { hasText: /open.*joined/ }).waitFor();
      await gateway.send({ to: { group: 'red' }, action: 'chat/said', details: ['bob', 'Grüße 🙂'] });
      await page.locator('#said', { hasText: 'bob: Grüße 🙂' }).waitFor();
    });
});
