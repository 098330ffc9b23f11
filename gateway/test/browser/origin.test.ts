import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lostConnections, TestBrowser } from '../support/browser.js';
import { chatHandlers, chatOrigin, serveChat } from '../support/chat.js';
import { ChatWindow } from '../support/chat-window.js';
import { servePages } from '../support/pages.js';
import { PerTest } from '../support/per-test.js';
import { tokenFor } from '../support/tab.js';

/** A page that tries what the chat does; where, and with which token, stands in the fragment of its address. */
const stranger = `<!doctype html><meta charset="utf-8"><title>Stranger</title>
  <p id="states"></p><p id="answers"></p>
  <script type="module">
    import { connect } from '/client/tabcast.js';
    const { url, token, chat } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const show = (id, text) => document.querySelector('#' + id).append(text + ' ');
    for (const share of [false, true])
      connect(url, { token, share }).onState((state) => show('states', share + ':' + state));
    for (const path of ['session', 'token'])
      fetch(chat + '/' + path, { credentials: 'include' }).then(
        () => show('answers', path + ':read'),
        () => show('answers', path + ':refused'),
      );
  </script>`;

describe('a page of another origin', () => {
  const browser = new TestBrowser();
  const cluster = new PerTest(chatHandlers);

  test('is refused by the gateway, shared socket or not, and may not read what the chat says', async () => {
    browser.tolerate(lostConnections, /blocked by CORS policy/, /net::ERR_FAILED/);
    const origin = await chatOrigin();
    const gateway = await cluster.start({ ORIGINS: origin });
    await serveChat(origin, gateway);
    const profile = await browser.profile();
    await ChatWindow.logIn(await profile.newPage(), origin, 'ann');

    const other = await servePages({ '/': stranger });
    const token = await tokenFor('ann');
    const given = new URLSearchParams({ url: gateway.socketUrl, token, chat: origin });
    const page = await browser.open(`${other.origin}/#${given}`, profile);
    for (const share of [false, true])
      await page.locator('#states', { hasText: `${share}:waiting` }).waitFor();
    for (const path of ['session', 'token'])
      await page.locator('#answers', { hasText: `${path}:refused` }).waitFor();
    assert.doesNotMatch((await page.locator('#states').textContent())!, /:open/);
    assert.ok((await gateway.metric('tabcast_handshakes_total{outcome="origin"}'))! >= 2);
    assert.equal(await gateway.metric('tabcast_tabs'), 1);
  });
});
