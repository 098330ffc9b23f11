import type { ErrorCallback, State, StateInfo, TabcastError, Welcome } from '@tabcast/client';
import type { Page } from 'playwright-core';
import type { Tab } from '../client/conformance.js';

type Success = (...details: unknown[]) => void;

/** What a page tells of its tab. */
type Told =
  | { state: State; info: StateInfo; welcome: Welcome | undefined }
  | { listener: number; details: unknown[] }
  | { listener: number; error: [code: number, message: string] };

/** What an answer of the page holds: errors would lose their members on the way. */
type Answer = { value: unknown } | { error: Pick<TabcastError, 'name' | 'action' | 'code' | 'message'> };

/** Runs in the page: makes its tab, and lets the test use it. */
const remote = `(async ({ url, options }) => {
  const { connect } = await import('/client/tabcast.js');
  const tab = connect(url, options);
  const listeners = new Map();
  tab.onState((state, info) => tell({ state, info, welcome: tab.welcome }));
  globalThis.use = {
    listen(how, action, id) {
      const success = (...details) => tell({ listener: id, details });
      listeners.set(id, success);
      tab[how](action, success, (...error) => tell({ listener: id, error }));
    },
    off: (action, id) => tab.off(action, listeners.get(id)),
    send: (...sent) => tab.send(...sent),
    close: () => tab.close(),
    async ask(how, ...asked) {
      try {
        return { value: await tab[how](...asked) };
      } catch ({ name, action, code, message }) {
        return { error: { name, action, code, message } };
      }
    },
  };
})`;

/** A tab in a page of a browser, used from a test as if it were here; only that everything takes a moment. */
export class PageTab implements Tab {
  readonly #page: Page;
  readonly #listeners: { success: Success | undefined; error: ErrorCallback | undefined }[] = [];
  readonly #watchers = new Set<(state: State, info: StateInfo) => void>();
  state: State = 'connecting';
  welcome: Welcome | undefined;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Begins to connect, in a page that has loaded and may load `/client/tabcast.js`. */
  static async connect(page: Page, url: string, options: object): Promise<PageTab> {
    const tab = new PageTab(page);
    await page.exposeFunction('tell', (told: Told) => tab.#told(told));
    await page.evaluate(`${remote}(${JSON.stringify({ url, options })})`);
    return tab;
  }

  on(action: string, success?: Success, error?: ErrorCallback): this {
    return this.#listen('on', action, success, error);
  }

  once(action: string, success?: Success, error?: ErrorCallback): this {
    return this.#listen('once', action, success, error);
  }

  off(action: string, success?: Success): this {
    const index = this.#listeners.findIndex((listener) => listener.success === success);
    this.#order('off', success === undefined ? [action] : [action, index]);
    return this;
  }

  send(action: string, details?: unknown): this {
    this.#order('send', details === undefined ? [action] : [action, details]);
    return this;
  }

  request(action: string, details?: unknown, options?: { timeout?: number }): Promise<unknown> {
    return this.#ask('request', action, details ?? [], options ?? {});
  }

  async join(group: string): Promise<void> {
    await this.#ask('join', group);
  }

  async leave(group: string): Promise<void> {
    await this.#ask('leave', group);
  }

  close(): void {
    this.#order('close', []);
  }

  onState(watcher: (state: State, info: StateInfo) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #listen(how: 'on' | 'once', action: string, success?: Success, error?: ErrorCallback): this {
    const id = this.#listeners.push({ success, error }) - 1;
    this.#order('listen', [how, action, id]);
    return this;
  }

  async #ask(...asked: unknown[]): Promise<unknown> {
    const answer = (await this.#run('ask', asked)) as Answer;
    if ('error' in answer) throw Object.assign(new Error(), answer.error);
    return answer.value;
  }

  /** The page does what it is told in the order in which it is told. */
  #run(what: string, given: unknown[]): Promise<unknown> {
    return this.#page.evaluate(`use.${what}(...${JSON.stringify(given)})`);
  }

  /** As `#run`, where nobody waits for it: a page that is closed meanwhile need not have done it. */
  #order(what: string, given: unknown[]): void {
    this.#run(what, given).catch((error) => {
      if (!this.#page.isClosed()) throw error;
    });
  }

  #told(told: Told): void {
    if ('state' in told) {
      [this.state, this.welcome] = [told.state, told.welcome];
      for (const watcher of this.#watchers) watcher(told.state, told.info);
    } else if ('details' in told) this.#listeners[told.listener]!.success?.(...told.details);
    else this.#listeners[told.listener]!.error?.(...told.error);
  }
}
