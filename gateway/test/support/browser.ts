import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, afterEach, before, beforeEach, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { freePort } from './free-port.js';
import { until } from './until.js';
import { hearWorkers } from './worker-complaints.js';

/** Programs that will do, the preferred one first. scripts/requirements.mjs knows the same. */
const programs = ['chromium', 'google-chrome'];

/** Where `photograph` puts its pictures: build output, which git ignores and CI keeps. */
const pictures = fileURLToPath(new URL('../../screenshots/', import.meta.url));

/**
 * A real Chromium for the tests of the file or suite that makes one. It ends with them, and with this process however
 * that goes; its profiles end with each test. A test fails for whatever its pages complain of, be it an error on the
 * console, an exception that nobody caught, or a breach of the Content-Security-Policy, unless it tolerates that.
 *
 * Make it before what the pages connect to: they are then gone when a test ends its gateways.
 */
export class TestBrowser {
  #browser: Browser | undefined;
  readonly #profiles: BrowserContext[] = [];
  readonly #ordinary: Browser[] = [];
  #complaints: string[] = [];
  #tolerated: RegExp[] = [];

  constructor() {
    before(async () => {
      this.#browser = await launch();
      await hearWorkers(this.#browser, (complaint) => this.#complaints.push(complaint));
    });
    beforeEach((t) => {
      this.#complaints = [];
      this.#tolerated = [];
      // Not in an afterEach: one that throws keeps those that follow from running, and with them a test's gateways.
      (t as TestContext).after(() => assert.deepEqual(this.complaints, [], 'a page complained'));
    });
    afterEach(async () => {
      for (const profile of this.#profiles.splice(0)) await profile.close();
      for (const browser of this.#ordinary.splice(0)) await browser.close();
    });
    after(() => this.#browser?.close());
  }

  /**
   * A browser of its own to its pages: cookies, storage, SharedWorkers and BroadcastChannels are shared by the pages of
   * one profile, and by no others. `newPage()` opens a tab of it.
   */
  async profile(): Promise<BrowserContext> {
    const profile = await this.#browser!.newContext({ reducedMotion: 'reduce' });
    this.#profiles.push(profile);
    return this.#listenTo(profile);
  }

  /**
   * A profile as people have it: a page of it is hidden while another one is in front (`bringToFront()`). Those of
   * `profile` are made to believe that they are all in front. It takes a Chromium more.
   */
  async ordinaryProfile(): Promise<BrowserContext> {
    const port = await freePort();
    this.#ordinary.push(await launch([`--remote-debugging-port=${port}`]));
    // No other way in leaves out what makes pages believe so.
    const attach = () => chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
    const browser = await until('Chromium to listen', attach);
    return this.#listenTo(browser.contexts()[0]!);
  }

  /** A page in a profile of its own, or in a given one, once it has loaded. */
  async open(url: string, profile?: BrowserContext): Promise<Page> {
    const page = await (profile ?? (await this.profile())).newPage();
    await page.goto(url);
    return page;
  }

  /** What the pages of this test may complain of. */
  tolerate(...complaints: RegExp[]): void {
    this.#tolerated.push(...complaints);
  }

  /** What the pages of this test have complained of, without what it tolerates. */
  get complaints(): string[] {
    const tolerated = (complaint: string) => this.#tolerated.some((pattern) => pattern.test(complaint));
    return this.#complaints.filter((complaint) => !tolerated(complaint));
  }

  #listenTo(profile: BrowserContext): BrowserContext {
    profile.on('console', (message) => {
      if (message.type() === 'error') this.#complaints.push(`${message.text()} (${message.location().url})`);
    });
    profile.on('weberror', (error) => this.#complaints.push(String(error.error())));
    return profile;
  }
}

/**
 * Freezes a page, as browsers do with pages that have long been hidden, until the function that is returned is called.
 * Nothing runs in it meanwhile; what its sockets receive is waiting for it. Only pages that are hidden can be frozen.
 */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const devtools = await page.context().newCDPSession(page);
  const turn = (state: 'frozen' | 'active') => devtools.send('Page.setWebLifecycleState', { state });
  await turn('frozen');
  return () => turn('active').then(() => devtools.detach());
}

/** What Chromium says on the console where a WebSocket could not connect, or a request got no answer. */
export const lostConnections = /WebSocket connection to|net::ERR_(CONNECTION|INTERNET|NETWORK|EMPTY|SOCKET)/;

/** Sizes of windows: a desktop's and a telephone's. */
const sizes = [
  [1280, 800],
  [390, 844],
] as const;

/**
 * Takes pictures of a page for people to look at: as wide as a desktop and as a telephone, light and dark. They are
 * gateway/dist/screenshots/<name>-<width>-<light or dark>.png. The page is as wide as before afterwards.
 * @param widths where fewer are wanted
 */
export async function photograph(
  page: Page,
  name: string,
  widths: readonly number[] = [1280, 390],
): Promise<void> {
  const before = page.viewportSize();
  for (const [width, height] of sizes.filter(([width]) => widths.includes(width)))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}

function launch(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: programOnPath(),
    args: ['--disable-gpu', '--disable-quic', ...more],
    // The sandbox of Chromium refuses to run as root.
    chromiumSandbox: process.getuid?.() !== 0,
  });
}

function programOnPath(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = programs.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
  if (found === undefined) throw new Error(`Found none of ${programs.join(', ')}; see "Try it" in README.md`);
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
