import type { Former, Frame, Positions } from '@tabcast/shared';
import type { Watcher } from '../../src/page-life.js';
import { Carrier } from '../../src/shared/carrier.js';
import { Election } from '../../src/shared/election.js';
import { holdLock, released } from '../../src/shared/locks.js';
import { sharedName } from '../../src/shared/names.js';
import { SharedSocket, type Sharing } from '../../src/shared/shared-socket.js';
import type { Way } from '../../src/shared/way.js';
import { workerWay } from '../../src/shared/worker-way.js';
import type { FakeBrowser, Owner } from './browser.js';

/** A page with what a core would have: sockets, one after the other. */
export class FakePage implements Owner {
  alive = true;
  /** Whether the worker's script can be loaded; what can not is answered by an error event. */
  workerLoads: boolean | 'never answers' = true;
  locksAllowed = true;
  readonly sharing: Sharing;
  readonly #browser: FakeBrowser;
  readonly #url: string;
  readonly #watchers = new Set<Watcher>();

  constructor(browser: FakeBrowser, ways: ('worker' | 'leader')[], url: string) {
    this.#browser = browser;
    this.#url = url;
    const life = {
      watch: (watcher: Watcher) => {
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
      },
    };
    this.sharing = {
      ways: ways.map((way) => (way === 'worker' ? this.#workerWay() : this.#leaderWay(life))),
      crowded: false,
      unsent: [],
      holdLock: () =>
        this.locksAllowed ? holdLock(browser.locks(this)) : Promise.reject(new Error('not allowed')),
      life,
      after: browser.after(this),
      WebSocket: browser.socketConstructor(),
    };
  }

  /** How much of this page listens to whether it is put aside. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** As a core does when it connects. @param standing what it resumes */
  connect(token?: string, ...standing: Standing): Connection {
    const protocols = ['tabcast.v1.json'];
    if (standing.length > 0) protocols.push('tabcast.resume');
    if (token !== undefined) protocols.push(`bearer.${token}`);
    return new Connection(new SharedSocket(this.sharing, this.#url, protocols), standing);
  }

  /** The tab of the browser is closed, or has crashed. */
  crash(): void {
    this.#browser.end(this);
  }

  /** The page goes into the cache of the browser, or is frozen. */
  hide(): void {
    for (const { away } of [...this.#watchers]) away();
  }

  /** The page is back. */
  show(): void {
    for (const { back } of [...this.#watchers]) back();
  }

  #workerWay(): Way {
    return workerWay(() => {
      const worker = { port: this.#browser.channel(this, 'nobody'), onerror: null as (() => void) | null };
      if (this.workerLoads === true)
        worker.port = this.#browser.worker(this, sharedName(this.#url), this.#url);
      if (this.workerLoads === false) this.#browser.post(() => worker.onerror?.());
      return worker;
    });
  }

  #leaderWay(life: Sharing['life']): Way {
    const [browser, url] = [this.#browser, this.#url];
    const carrier = (onIdle: () => void) =>
      new Carrier({
        url,
        WebSocket: browser.socketConstructor(),
        released: (lock) => released(browser.locks(this), lock),
        after: browser.after(this),
        onIdle,
      });
    const request = (name: string, signal: AbortSignal, held: () => Promise<void>) =>
      browser.locks(this).request(name, { signal }, held);
    const channel = (name: string) => browser.channel(this, name);
    return new Election({
      name: sharedName(url),
      request,
      channel,
      carrier,
      life,
      after: browser.after(this),
    }).way;
  }
}

/** Details of `sys/resume`. */
type Standing = [] | [Positions, Former?];

/** What a core sees of one socket. */
export class Connection {
  isOpen = false;
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(
    readonly socket: SharedSocket,
    standing: Standing,
  ) {
    socket.onopen = () => {
      this.isOpen = true;
      if (standing.length > 0) this.send({ action: 'sys/resume', details: standing });
    };
    socket.onmessage = ({ data }) => this.frames.push(JSON.parse(String(data)));
    socket.onclose = (event) => {
      this.closed = event;
    };
  }

  get actions(): string[] {
    return this.frames.map(({ action }) => action);
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }
}
