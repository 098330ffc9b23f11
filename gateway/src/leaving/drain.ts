import { announce, type LeavingTab } from './farewells.js';
import { shuffle, spread } from './spread.js';

export interface DrainOptions {
  /** How long new tabs are still accepted, in ms, because load balancers go on sending them for a while. */
  readonly drainLameDuck: number;
  /** Over how long the closes of the tabs are spread, in ms; 0: all at once, and without a word before. */
  readonly drainWindow: number;
}

/** What a drain asks of its gateway. */
export interface DrainParts {
  /** Every tab with a socket of its own, and every socket that tabs share. */
  tabs(): Iterable<LeavingTab>;
  /** How many these are, those included that are closed but have yet to read what was sent before. */
  count(): number;
  /** Takes no new connections any more. */
  stopAccepting(): void;
  readonly clock: Clock;
  /** From 0 up to 1, as Math.random. */
  random(): number;
}

/** Time in ms, from any beginning. */
export interface Clock {
  now(): number;
  /** Resolves after so many ms, or as soon as the signal is aborted. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** Between two looks whether tabs are left at all, in ms. */
const lookInterval = 100;

/** How long tabs may take to read what was sent before their close, in ms. */
const readingTime = 5000;

/** Tabs that are told in one turn of the event loop: telling takes some microseconds each, and others wait. */
const toldAtOnce = 500;

/**
 * Empties a gateway: accepts for a while longer, then tells every tab when it will be closed, each with a delay of its
 * own, and closes them one after the other. Over when the last tab has gone.
 */
export class Drain {
  readonly #parts: DrainParts;
  readonly #options: DrainOptions;
  readonly #hurry = new AbortController();
  #running: Promise<void> | undefined;
  #over = false;
  /** Connections when it stopped accepting; undefined until then. */
  #total: number | undefined;

  constructor(parts: DrainParts, options: DrainOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Whether it has begun. */
  get begun(): boolean {
    return this.#running !== undefined;
  }

  /** Connections that have yet to go; 0 as long as it has not begun. */
  get remaining(): number {
    return this.begun ? this.#parts.count() : 0;
  }

  /** Which part of the connections has gone, from 0 to 1. */
  get progress(): number {
    if (this.#over) return 1;
    return this.#total ? Math.max(0, 1 - this.#parts.count() / this.#total) : 0;
  }

  /** Resolves when no tab is left. Asked again, it is the same drain. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Skips every wait from now on: what is left is closed at once. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #run(): Promise<void> {
    const { stopAccepting, count } = this.#parts;
    await this.#pause(this.#options.drainLameDuck);
    stopAccepting();
    this.#total = count();
    if (this.#options.drainWindow > 0) await this.#closeOneByOne();
    await this.#closeRest();
    this.#over = true;
  }

  async #closeOneByOne(): Promise<void> {
    const { clock, count, random, tabs } = this.#parts;
    const leaving = shuffle(tabs(), random);
    const begin = clock.now();
    const times = spread(leaving.length, this.#options.drainWindow, random).map((time) => begin + time);
    await this.#tell(leaving, times);
    for (let next = 0; next < leaving.length && count() > 0 && !this.#hurried; ) {
      for (; next < leaving.length && times[next]! <= clock.now(); next++) leaving[next]!.socket.close(4000);
      if (next < leaving.length) await this.#pause(Math.min(times[next]! - clock.now(), lookInterval));
    }
  }

  /** All of them in a hurry; else who came at the last moment, by a connection that had been accepted before. */
  async #closeRest(): Promise<void> {
    const { clock, count, tabs } = this.#parts;
    const deadline = clock.now() + readingTime;
    for (;;) {
      for (const tab of tabs()) tab.socket.close(4000);
      if (count() === 0 || clock.now() >= deadline || this.#hurried) return;
      await this.#pause(lookInterval);
    }
  }

  async #tell(leaving: readonly LeavingTab[], times: readonly number[]): Promise<void> {
    const { clock } = this.#parts;
    for (const [index, tab] of leaving.entries()) {
      if (index % toldAtOnce === toldAtOnce - 1) await this.#pause(0);
      if (this.#hurried) return;
      announce(tab, Math.max(0, times[index]! - clock.now()));
    }
  }

  get #hurried(): boolean {
    return this.#hurry.signal.aborted;
  }

  async #pause(ms: number): Promise<void> {
    if (!this.#hurried) await this.#parts.clock.pause(ms, this.#hurry.signal);
  }
}
