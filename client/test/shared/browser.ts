import type { Frame, Positions } from '@tabcast/shared';
import { Carrier } from '../../src/shared/carrier.js';
import { Election } from '../../src/shared/election.js';
import { holdLock, type Locks, released } from '../../src/shared/locks.js';
import { sharedName } from '../../src/shared/names.js';
import type { Watcher } from '../../src/shared/page-life.js';
import type { Port } from '../../src/shared/port.js';
import { SharedSocket, type Sharing } from '../../src/shared/shared-socket.js';
import type { Way } from '../../src/shared/way.js';
import { workerWay } from '../../src/shared/worker-way.js';
import { ScriptedSocket } from './scripted-socket.js';

/** Who something belongs to, and ends with. */
export interface Owner {
  alive: boolean;
}

/**
 * What pages of one browser share: Web Locks, BroadcastChannels, SharedWorkers and time. Nothing arrives, and no time
 * passes, before the test says so.
 */
export class FakeBrowser {
  /** Every real socket, in the order in which they were opened. */
  readonly sockets: ScriptedSocket[] = [];
  #now = 0;
  readonly #timers = new Set<{ at: number; owner: Owner; act: () => void }>();
  readonly #channels = new Set<FakeChannel>();
  readonly #locks: { name: string; owner: Owner; end: () => void; start: () => void; granted: boolean }[] =
    [];
  readonly #workers = new Map<string, Carrier>();
  readonly #posts: (() => void)[] = [];

  /** Pages that open from now on. @param ways as the option `share` names them, the best first */
  page(ways: ('worker' | 'leader')[], url = 'wss://gateway.example/ws'): FakePage {
    return new FakePage(this, ways, url);
  }

  get socket(): ScriptedSocket {
    return this.sockets.at(-1)!;
  }

  /** Everything that is under way arrives, and what follows from it. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await new Promise(setImmediate);
      if (this.#posts.length > 0) quiet = 0;
      for (const deliver of this.#posts.splice(0)) deliver();
    }
  }

  async advance(ms: number): Promise<void> {
    await this.settle();
    this.#now += ms;
    for (const timer of this.#timers)
      if (timer.at <= this.#now) {
        this.#timers.delete(timer);
        if (timer.owner.alive) timer.act();
      }
    await this.settle();
  }

  /** How many timers of living owners run. */
  get timers(): number {
    return [...this.#timers].filter(({ owner }) => owner.alive).length;
  }

  after(owner: Owner): Sharing['after'] {
    return (ms, act) => {
      const timer = { at: this.#now + ms, owner, act };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    };
  }

  post(deliver: () => void): void {
    this.#posts.push(deliver);
  }

  /** Why sockets cannot be made, where they cannot. */
  refusal: Error | undefined;

  socketConstructor() {
    const { sockets } = this;
    const refusal = () => this.refusal;
    return class extends ScriptedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        const error = refusal();
        if (error !== undefined) throw error;
        sockets.push(this);
      }
    };
  }

  channel(owner: Owner, name: string): Port {
    const channel = new FakeChannel(this, owner, name, this.#channels);
    this.#channels.add(channel);
    return channel;
  }

  /** Names of the BroadcastChannels that somebody listens on. */
  get listening(): string[] {
    return [...this.#channels].filter(({ owner }) => owner.alive).map(({ name }) => name);
  }

  /** As the Web Locks that this owner sees. */
  locks(owner: Owner): Locks {
    return {
      request: (name, { signal }, granted) =>
        new Promise((resolve, reject) => {
          const end = () => {
            this.#locks.splice(this.#locks.indexOf(lock), 1);
            this.#grant(name);
          };
          const start = () => {
            lock.granted = true;
            Promise.resolve(granted())
              .then(resolve, reject)
              .finally(() => this.#locks.includes(lock) && end());
          };
          const lock = { name, owner, end, start, granted: false };
          signal?.addEventListener('abort', () => {
            if (lock.granted) return;
            reject(signal.reason);
            end();
          });
          this.#locks.push(lock);
          this.post(() => this.#grant(name));
        }),
    };
  }

  /** Everything of an owner is gone, as when a tab of the browser is closed or has crashed. */
  end(owner: Owner): void {
    owner.alive = false;
    for (const lock of this.#locks.filter((one) => one.owner === owner)) lock.end();
  }

  /** Connects to a SharedWorker, which is started with the first page. */
  worker(page: Owner, name: string, url: string): Port {
    const self = { alive: true };
    const carrier =
      this.#workers.get(name) ??
      new Carrier({
        url,
        WebSocket: this.socketConstructor(),
        released: (lock) => released(this.locks(self), lock),
        after: this.after(self),
      });
    this.#workers.set(name, carrier);
    // A MessagePort has no third party: two BroadcastChannels of a name of their own do the same.
    const pair = crypto.randomUUID();
    const port = this.channel(page, pair);
    carrier.attach(this.channel(self, pair));
    return port;
  }

  #grant(name: string): void {
    const [first] = this.#locks.filter((lock) => lock.name === name);
    if (first !== undefined && !first.granted) first.start();
  }
}

class FakeChannel implements Port {
  onmessage: Port['onmessage'] = null;

  constructor(
    readonly browser: FakeBrowser,
    readonly owner: Owner,
    readonly name: string,
    readonly all: Set<FakeChannel>,
  ) {}

  postMessage(message: unknown): void {
    if (!this.owner.alive) return;
    const copy = structuredClone(message);
    for (const other of this.all)
      if (other !== this && other.name === this.name)
        this.browser.post(() => {
          if (other.owner.alive && this.all.has(other)) other.onmessage?.({ data: copy });
        });
  }

  close(): void {
    this.all.delete(this);
  }
}

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
  connect(token?: string, standing?: Positions): Connection {
    const protocols = ['tabcast.v1.json'];
    if (standing !== undefined) protocols.push('tabcast.resume');
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

/** What a core sees of one socket. */
export class Connection {
  isOpen = false;
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(
    readonly socket: SharedSocket,
    standing: Positions | undefined,
  ) {
    socket.onopen = () => {
      this.isOpen = true;
      if (standing !== undefined) this.send({ action: 'sys/resume', details: [standing] });
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
