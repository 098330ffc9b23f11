import { setTimeout } from 'node:timers/promises';
import type { RosterEntry } from '../broker/registry.js';
import type { Counters } from '../metrics/counters.js';
import { ofAge } from './age.js';
import { Balance } from './balance.js';
import { type Clock, Drain, type DrainOptions, type DrainParts } from './drain.js';
import { type Alarm, Farewells, type LeavingTab } from './farewells.js';
import { idlest } from './idlest.js';

export interface LeavingOptions extends DrainOptions {
  /** Whether tabs are shed while other gateways hold fewer. */
  readonly rebalance: boolean;
  /** Age at which a connection is closed, in s, give or take a quarter; 0: none. */
  readonly maxAge: number;
}

/** What leaving asks of its gateway. */
export interface LeavingParts extends Pick<DrainParts, 'count' | 'stopAccepting'> {
  /** Id of this gateway. */
  readonly gateway: string;
  /** Every tab with a socket of its own, and every socket that tabs share. */
  tabs(): Iterable<LeavingTab>;
  /** How many tabs there are in all, as the roster counts them. */
  tabCount(): number;
  /** Whether a tab that connects anew would be welcomed at once. */
  healthy(): boolean;
  readonly alarm: Alarm;
  /** A clock in ms since the epoch. */
  now(): number;
  readonly counters: Counters;
}

/**
 * Why tabs have to leave although nothing is wrong with them: the gateway stops, another one has room, or the connection
 * is of age. Every tab is told before.
 */
export class Leaving {
  readonly drain: Drain;
  readonly #balance = new Balance();
  readonly #farewells: Farewells;
  readonly #parts: LeavingParts;
  readonly #options: LeavingOptions;

  constructor(parts: LeavingParts, options: LeavingOptions) {
    this.#parts = parts;
    this.#options = options;
    this.drain = new Drain({ ...parts, clock: steadyClock, random: Math.random }, options);
    this.#farewells = new Farewells(parts.alarm, parts.now);
  }

  /** To be called every second. */
  tick(): void {
    const { maxAge } = this.#options;
    if (maxAge === 0 || !this.#mayMove) return;
    const { now, tabs } = this.#parts;
    for (const tab of ofAge(tabs(), maxAge, now(), Math.random))
      if (!this.#farewells.has(tab)) this.#farewells.tell(tab, 4006);
  }

  /** To be called with the roster of each beat. */
  rosterSeen(roster: readonly RosterEntry[]): void {
    if (!this.#options.rebalance || !this.#mayMove) return;
    const { gateway, tabCount } = this.#parts;
    const census = { now: steadyClock.now(), gateway, tabs: tabCount(), told: this.#farewells.tabs, roster };
    const shed = this.#balance.decide(census);
    if (shed > 0) this.#shed(shed);
  }

  /** So many tabs, or a few more where the last of them share a socket with others. */
  #shed(count: number): void {
    const { counters, tabs } = this.#parts;
    const candidates = [...tabs()].filter((tab) => tab.state === 'open' && !this.#farewells.has(tab));
    let left = count;
    for (const tab of idlest(candidates, Math.min(count, candidates.length))) {
      if (left <= 0) return;
      this.#farewells.tell(tab, 4005);
      counters.tabsShed += tab.tabCount;
      left -= tab.tabCount;
    }
  }

  /** A tab that is asked to move while its gateway is in trouble would only be in trouble elsewhere. */
  get #mayMove(): boolean {
    return this.#parts.healthy() && !this.drain.begun;
  }
}

const steadyClock: Clock = {
  now: () => performance.now(),
  pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {}),
};
