import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { positionsAfter } from './events.js';
import type { GatewayProcess } from './gateway.js';
import { type TabEncoding, type TabOptions, TestTab } from './tab.js';

/** Between two attempts to connect, in ms, of a tab that says nothing else. */
const usualBreath = 20;

export interface RoamingTabOptions extends Omit<TabOptions, 'resume' | 'token'> {
  readonly token: string;
  readonly encoding: TabEncoding;
  /** How long to wait before the next attempt to connect, in ms. */
  breath?(): number;
}

/**
 * A tab that comes back whenever it has lost its connection, to one gateway after the other, and says where it stood: what a
 * good client does, and nothing cleverer than that.
 */
export class RoamingTab {
  readonly encoding: TabEncoding;
  /** Of one connection after the other; the last is the present one. */
  readonly connections: TestTab[] = [];
  readonly #gateways: readonly GatewayProcess[];
  readonly #options: RoamingTabOptions;
  #next: number;
  #gateway: GatewayProcess | undefined;
  #away: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(gateways: readonly GatewayProcess[], home: number, options: RoamingTabOptions) {
    this.#gateways = gateways;
    this.#next = home;
    this.#options = options;
    this.encoding = options.encoding;
  }

  /**
   * Opens it and waits for its first welcome.
   * @param gateways where it may go; read anew each time
   * @param home where it begins, as index among them
   */
  static async open(
    gateways: readonly GatewayProcess[],
    home: number,
    options: RoamingTabOptions,
  ): Promise<RoamingTab> {
    const tab = new RoamingTab(gateways, home, options);
    const first = tab.#connect();
    await first.welcome();
    void tab.#comeBack(first);
    return tab;
  }

  /** Everything that it has ever got. */
  get frames(): Frame[] {
    return this.connections.flatMap(({ frames }) => frames);
  }

  /** Where it is, or tries to be. */
  get gateway(): GatewayProcess {
    return this.#gateway!;
  }

  /** Whether its present connection was welcomed. */
  get welcomed(): boolean {
    const { frames, socket } = this.connection;
    return frames.length > 0 && socket.readyState === WebSocket.OPEN;
  }

  /** The present connection. */
  get connection(): TestTab {
    return this.connections.at(-1)!;
  }

  /** Loses its connection without a goodbye, and comes back. @param away it does so when this has resolved */
  drop(away: Promise<unknown> = Promise.resolve()): void {
    this.#away = away;
    this.connection.socket.terminate();
  }

  /** Closes it for good. */
  close(): void {
    this.#closed = true;
    this.connection.socket.terminate();
  }

  #connect(): TestTab {
    const gateway = this.#gateways[this.#next++ % this.#gateways.length]!;
    this.#gateway = gateway;
    const resume = this.connections.length === 0 ? {} : { resume: positionsAfter(this.frames) };
    const tab = TestTab.connect(gateway.socketUrl, { ...this.#options, ...resume });
    this.connections.push(tab);
    return tab;
  }

  async #comeBack(first: TestTab): Promise<void> {
    let tab = first;
    for (;;) {
      await tab.closed;
      await Promise.all([this.#away, pause(this.#options.breath?.() ?? usualBreath)]);
      if (this.#closed) return;
      tab = this.#connect();
    }
  }
}
