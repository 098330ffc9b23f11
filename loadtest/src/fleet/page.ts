import { setTimeout as sleep } from 'node:timers/promises';
import { resumeProtocol } from '@tabcast/shared';
import type { Route } from './dial.js';
import type { Dialect } from './dialect.js';
import { retryDelay } from './pace.js';
import type { TabPlan } from './plan.js';
import { Standing } from './standing.js';
import { type Received, Tab } from './tab.js';
import type { Tally } from './tally.js';

/** How long connecting and welcome may take per tab, ms. */
const welcomeDeadline = 30_000;

/** What a page is about. */
export interface PageOptions {
  readonly plan: TabPlan;
  readonly route: Route;
  readonly dialect: Dialect;
  /** Whether it comes back by itself, and below how many ms. */
  readonly comesBack: { readonly within: number } | undefined;
  readonly tally: Tally;
  readonly received: Received;
}

/** What stays while its tabs come and go: one at a time, which goes on where the one before it has ended. */
export class Page {
  readonly #options: PageOptions;
  readonly #standing: Standing | undefined;
  /** Connecting or open. */
  #tab: Tab | undefined;
  #isOpen = false;
  #isSlow = false;
  #return: { readonly done: Promise<void>; readonly cancel: AbortController } | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#standing = options.comesBack && new Standing();
  }

  /** Whether it has a tab that was welcomed. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Opens a tab, in one attempt.
   * @param due when that should have begun, in ms of `performance.now`
   */
  async open(due: number): Promise<void> {
    const { route, plan, tally } = this.#options;
    const tab = this.#connect();
    try {
      await tab.opened;
    } catch (error) {
      throw new Error(`a tab at ${route.host}:${route.port}${plan.path}: ${(error as Error).message}`);
    }
    this.#isOpen = true;
    if (this.#isSlow) tab.pause();
    tally.open++;
    tally.welcomes.record(performance.now() - due);
  }

  /** Opens a tab again, in as many attempts as it takes; nothing more where that is under way. Rejects when it is cut meanwhile. */
  reopen(due = performance.now()): Promise<void> {
    if (this.#return === undefined) {
      const cancel = new AbortController();
      this.#return = { cancel, done: this.#comeBack(due, cancel.signal) };
    }
    return this.#return.done;
  }

  /** Hangs up without a word, and gives up to come back. */
  cut(): void {
    this.#return?.cancel.abort();
    this.#return = undefined;
    const tab = this.#tab;
    this.#left();
    tab?.drop();
  }

  /** Stops reading, in its later tabs too. */
  slow(): void {
    this.#isSlow = true;
    if (this.#isOpen) this.#tab?.pause();
  }

  /** Reads on, if it had stopped. */
  awaken(): void {
    if (!this.#isSlow) return;
    this.#isSlow = false;
    this.#tab?.resume();
  }

  #connect(): Tab {
    const { route, plan, dialect } = this.#options;
    const resume = this.#standing?.resume;
    const first = [...(dialect.hello ?? []), ...(plan.first === undefined ? [] : [plan.first])];
    const tab: Tab = new Tab({
      ...plan,
      ...route,
      dialect,
      protocols: resume === undefined ? plan.protocols : [...plan.protocols, resumeProtocol],
      greeting: resume === undefined ? first : [resume, ...first],
      deadline: welcomeDeadline,
      welcomed: (bytes, start, end) => this.#welcomed(bytes, start, end),
      received: (bytes, start, end) => this.#received(bytes, start, end),
      closed: (code) => this.#closed(tab, code),
    });
    this.#tab = tab;
    return tab;
  }

  async #comeBack(due: number, signal: AbortSignal): Promise<void> {
    const { tally } = this.#options;
    const early = due - performance.now();
    if (early > 0) await sleep(early, undefined, { signal });
    for (let failures = 0; !this.#isOpen; ) {
      try {
        await this.open(due);
      } catch {
        signal.throwIfAborted();
        tally.failures++;
        await sleep(retryDelay(++failures, Math.random()), undefined, { signal });
      }
    }
    tally.reconnects++;
    this.#return = undefined;
  }

  #welcomed(bytes: Uint8Array, start: number, end: number): void {
    if (this.#standing !== undefined)
      this.#options.tally.unrecovered += this.#standing.enter(bytes, start, end);
    // Of a server that sends messages before its welcome, this is one.
    this.#options.received(bytes, start, end);
  }

  #received(bytes: Uint8Array, start: number, end: number): void {
    if (this.#standing?.follow(bytes, start, end)) this.#options.tally.unrecovered++;
    this.#options.received(bytes, start, end);
  }

  /** The connection of a tab has ended; if it was cut, the page has left it before. */
  #closed(tab: Tab, code: number): void {
    if (tab !== this.#tab) return;
    const { comesBack, tally } = this.#options;
    tally.closed(code);
    this.#left();
    if (comesBack === undefined) return;
    // It ends early only by `cut`, which is no failure.
    this.reopen(performance.now() + Math.random() * comesBack.within).catch(() => {});
  }

  #left(): void {
    if (this.#isOpen) this.#options.tally.open--;
    this.#isOpen = false;
    this.#tab = undefined;
  }
}
