import { before, describe } from 'node:test';
import { conformance } from '../client/conformance.js';
import { TestBrowser } from '../support/browser.js';
import { PageTab } from '../support/page-tab.js';
import { type PageServer, servePages } from '../support/pages.js';

/** The suite of what every way to connect promises, in pages of a real Chromium that share a socket. */

for (const share of ['worker', 'leader'] as const)
  describe(`the client in Chromium over a socket that a ${share} shares`, () => {
    const browser = new TestBrowser();
    let pages: PageServer;

    before(async () => {
      pages = await servePages({ '/': '<!doctype html>' });
    });
    const connect = async (url: string, token: string) => {
      const profile = await browser.profile();
      const open = async () =>
        PageTab.connect(await browser.open(pages.origin, profile), url, { token, share });
      // The second page is carried by the first where that one leads.
      await open();
      return open();
    };
    conformance(connect, () => ({ ORIGINS: pages.origin }));
  });
