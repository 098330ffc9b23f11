import { Carrier } from '../../src/shared/carrier.js';
import { type Locks, released } from '../../src/shared/locks.js';
import type { Port } from '../../src/shared/port.js';
import type { Sharing } from '../../src/shared/shared-socket.js';
import { FakePage } from './page.js';
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
