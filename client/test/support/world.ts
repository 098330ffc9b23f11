import type { Frame, Welcome } from '@tabcast/shared';
import { json } from '../../src/codec.js';
import type { ConnectOptions } from '../../src/options.js';
import type { PageLife, Watcher } from '../../src/page-life.js';
import type { WebSocketConstructor } from '../../src/socket.js';
import type { Surroundings } from '../../src/surroundings.js';
import { type State, type StateInfo, Tabs } from '../../src/tabs.js';
import { ScriptedSocket } from './scripted-socket.js';

interface Timer {
  due: number;
  /** Whether it is the test's, and none of the tab's. */
  readonly isScript: boolean;
  readonly callback: () => void;
}

/** A browser whose clock, network and sockets do what the test says. */
export class World implements Surroundings {
  readonly sockets: ScriptedSocket[] = [];
  readonly reported: unknown[] = [];
  /** Of the gateways. */
  url = 'wss://live.example/ws';
  /** What `random` returns. */
  chance = 0.5;
  isOnline = true;
  /** What the tab of the browser remembers; undefined where it is not allowed to. */
  session: SessionScript | undefined = new SessionScript();
  /** Called with each socket when it is made. */
  serve: (socket: ScriptedSocket) => void = () => {};
  #clock = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();
  readonly #watchers = new Set<() => void>();
  readonly #lives = new Set<Watcher>();

  readonly now = () => this.#clock;
  readonly random = () => this.chance;
  readonly online = () => this.isOnline;
  readonly report = (error: unknown) => void this.reported.push(error);

  readonly after = (ms: number, callback: () => void) => {
    const timer = this.#begin(ms, callback, false);
    return () => void this.#timers.delete(timer);
  };

  /** The test does something later. */
  later(ms: number, callback: () => void): void {
    this.#begin(ms, callback, true);
  }

  readonly watch = (noticed: () => void) => {
    this.#watchers.add(noticed);
    return () => void this.#watchers.delete(noticed);
  };

  readonly life: PageLife = {
    watch: (watcher) => {
      this.#lives.add(watcher);
      return () => void this.#lives.delete(watcher);
    },
  };

  readonly storage = () => {
    if (this.session === undefined) throw new Error('SecurityError');
    return this.session;
  };

  /** The page is put aside, or ends. */
  leave(): void {
    for (const { away } of this.#lives) away();
  }

  /** The page that was put aside is shown again. */
  comeBack(): void {
    for (const { back } of this.#lives) back();
    this.notice();
  }

  /** Connects a tab here. */
  tab(options: ConnectOptions = {}): Tabs {
    const { sockets } = this;
    const made = (socket: ScriptedSocket) => this.serve(socket);
    const WebSocket: WebSocketConstructor = class extends ScriptedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
        made(this);
      }
    };
    return new Tabs(this.url, { WebSocket, ...options }, { codec: json, surroundings: this });
  }

  /** A tab whose first connection is open, and what became of its state from then on. */
  async openTab(options: ConnectOptions = {}, welcome: Partial<Welcome> = {}): Promise<OpenTab> {
    const tabs = this.tab(options);
    await this.settle();
    this.socket.welcome(welcome);
    const states: OpenTab['states'] = [];
    tabs.onState((state, info) => states.push([state, info]));
    return { tabs, states };
  }

  /** The newest socket. */
  get socket(): ScriptedSocket {
    return this.sockets.at(-1)!;
  }

  /** Sockets that nobody has closed. */
  get live(): ScriptedSocket[] {
    return this.sockets.filter(({ isLive }) => isLive);
  }

  /** What keeps on running or listening. */
  get leftovers(): number {
    const timers = [...this.#timers].filter(({ isScript }) => !isScript);
    return timers.length + this.#watchers.size + this.#lives.size;
  }

  /** Lets promises take their course. */
  async settle(): Promise<void> {
    await new Promise(setImmediate);
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    const end = this.#clock + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#clock = Math.max(this.#clock, next.due);
      this.#timers.delete(next);
      next.callback();
      await this.settle();
    }
    this.#clock = end;
  }

  /** The machine is suspended: time passes, and timers fire as much later as it takes. */
  sleep(ms: number): void {
    this.#clock += ms;
    for (const timer of this.#timers) timer.due += ms;
  }

  /** Somebody sets the clock; timers do not mind. */
  setClock(by: number): void {
    this.sleep(by);
  }

  /** Something happens that a page is told of. */
  notice(isOnline = this.isOnline): void {
    this.isOnline = isOnline;
    for (const noticed of this.#watchers) noticed();
  }

  #begin(ms: number, callback: () => void, isScript: boolean): Timer {
    const timer = { due: this.#clock + ms, callback, isScript };
    this.#timers.add(timer);
    return timer;
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.due <= end);
    return due.sort((a, b) => a.due - b.due)[0];
  }
}

/** The sessionStorage of a tab of the browser. */
export class SessionScript extends Map<string, string> {
  isFull = false;

  readonly getItem = (key: string) => this.get(key) ?? null;
  readonly removeItem = (key: string) => void this.delete(key);
  readonly setItem = (key: string, value: string) => {
    if (this.isFull) throw new Error('QuotaExceededError');
    this.set(key, value);
  };
}

export interface OpenTab {
  readonly tabs: Tabs;
  readonly states: [State, StateInfo][];
}

/** The arguments of an action, for tests that say it in short. */
export function frame(action: string, ...details: unknown[]): Frame {
  return { action, details };
}
