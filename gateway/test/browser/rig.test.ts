import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freeze, TestBrowser } from '../support/browser.js';
import { servePages } from '../support/pages.js';
import { until } from '../support/until.js';

const policy = { 'content-security-policy': "default-src 'self'" };

describe('Chromium in tests', () => {
  const browser = new TestBrowser();

  const complaints: [string, string, Record<string, string>, RegExp][] = [
    ['an error on the console', `<script>console.error('said')</script>`, {}, /^said/],
    ['an exception', `<script>throw new Error('thrown')</script>`, {}, /^Error: thrown/],
    ['a rejection', `<script>Promise.reject(new Error('rejected'))</script>`, {}, /^Error: rejected/],
    ['a script that is not there', `<script src="/none.js"></script>`, {}, /404/],
    ['a breach of the policy', '<script>1</script>', policy, /Content Security Policy/],
    ['a style against the policy', '<p style="color: red">', policy, /Content Security Policy/],
  ];
  for (const [what, html, headers, complaint] of complaints)
    test(`${what} is noticed`, async () => {
      const { origin } = await servePages({ '/': `<!doctype html>${html}` }, headers);
      await browser.open(origin);
      await until('a complaint', () => browser.complaints.length > 0);
      assert.match(browser.complaints.join('\n'), complaint);
      browser.tolerate(complaint);
    });

  test('pages of one profile share their storage, pages of two do not', async () => {
    const { origin } = await servePages({ '/': '<!doctype html>' });
    const profile = await browser.profile();
    const [first, second] = [await browser.open(origin, profile), await browser.open(origin, profile)];
    await first.evaluate(`localStorage.setItem('who', 'ann')`);
    assert.equal(await second.evaluate(`localStorage.getItem('who')`), 'ann');
    const other = await browser.open(origin);
    assert.equal(await other.evaluate(`localStorage.getItem('who')`), null);
  });

  test('a page behind another one is hidden, and nothing runs in it while it is frozen', async () => {
    const { origin } = await servePages({ '/': '<!doctype html>' });
    const profile = await browser.ordinaryProfile();
    const page = await browser.open(origin, profile);
    const front = await browser.open(origin, profile);
    await front.bringToFront();
    await until('the page to be hidden', () => page.evaluate('document.hidden'));
    const count = `globalThis.changes = []; for (const change of ['freeze', 'resume'])
      document.addEventListener(change, () => changes.push(change))`;
    await page.evaluate(count);
    const thaw = await freeze(page);
    await thaw();
    await page.bringToFront();
    await until('the page to be shown', () => page.evaluate('!document.hidden'));
    assert.deepEqual(await page.evaluate('changes'), ['freeze', 'resume']);
  });
});
