import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '@tabcast/shared';
import { positionsAfter } from './events.js';
import type { GatewayProcess } from './gateway.js';
import { type TabEncoding, type TabOptions, TestTab } from './tab.js';

/** Between two attempts to connect, in ms. */
const breath = 20;

export interface RoamingTabOptions extends Omit<TabOptions, 'resume' | 'token'> {
  readonly token: string;
  readonly encoding: TabEncoding;
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

  /** The present connection. */
  get connection(): TestTab {
    return this.connections.at(-1)!;
  }

  /** Loses its connection without a goodbye, and comes back. */
  drop(): void {
    this.connection.socket.terminate();
  }

  /** Closes it for good. */
  close(): void {
    this.#closed = true;
    this.connection.socket.terminate();
  }

  #connect(): TestTab {
    const gateway = this.#gateways[this.#next++ % this.#gateways.length]!;
    const resume = this.connections.length === 0 ? {} : { resume: positionsAfter(this.frames) };
    const tab = TestTab.connect(gateway.socketUrl, { ...this.#options, ...resume });
    this.connections.push(tab);
    return tab;
  }

  async #comeBack(first: TestTab): Promise<void> {
    let tab = first;
    for (;;) {
      await tab.closed;
      if (this.#closed) return;
      await pause(breath);
      tab = this.#connect();
    }
  }
}
