import { type Beat, beatInterval, leaseTime, type RosterEntry } from '../broker/registry.js';

/** How long after a beat a gateway that was not heard of is missing, rather than we, in ms. */
const trustTime = 2 * beatInterval;

/**
 * What a gateway knows of the others, and how fresh that is. Values in, values out; times are ms of a steady clock.
 */
export class Roster {
  #entries: readonly RosterEntry[] = [];
  /** When the last beat succeeded; before the first, when this began. */
  #heardAt: number;

  constructor(now: number) {
    this.#heardAt = now;
  }

  /** Takes in what a successful beat said. */
  take({ roster }: Beat, now: number): void {
    this.#entries = roster;
    this.#heardAt = now;
  }

  /**
   * The gateways alive, each with the age that its last beat has by now. Between two beats a lease that runs out is left
   * out; when ours fail, everything stays as it was last known.
   */
  at(now: number): RosterEntry[] {
    const since = Math.round(now - this.#heardAt);
    const entries = this.#entries.map((entry) => ({ ...entry, age: entry.age + since }));
    return since < trustTime ? entries.filter(({ age }) => age < leaseTime) : entries;
  }

  /** Whether our own lease has run out meanwhile, so that the others must take us for dead. */
  isStale(now: number): boolean {
    return now - this.#heardAt >= leaseTime;
  }
}
