/** What became of messages that were sent to some tabs. All are zero when everything arrived once and in order. */
export interface Losses {
  /** Never arrived. */
  lost: number;
  /** Arrivals of what had arrived already. */
  doubled: number;
  /** Arrived once, but after a later one. */
  late: number;
}

/**
 * Exact bookkeeping of who got what. The messages that a tab should get are numbered from 0 without gaps, so a loss and
 * a double of the same tab do not cancel out as they would in a count.
 */
export class Ledger {
  /** All arrivals, doubles included. */
  received = 0;

  /** Per tab, the number that comes next. */
  readonly #next: Int32Array;
  /** Per tab that was left waiting, the numbers below `#next` that have not come. */
  readonly #missing = new Map<number, Set<number>>();
  #doubled = 0;
  #late = 0;

  /** @param tabs how many; they are numbered from 0 */
  constructor(tabs: number) {
    this.#next = new Int32Array(tabs);
  }

  /** The message with this number has arrived at this tab. */
  record(tab: number, number: number): void {
    this.received++;
    const next = this.#next[tab]!;
    if (number === next) this.#next[tab] = next + 1;
    else if (number > next) this.#skip(tab, next, number);
    else if (this.#missing.get(tab)?.delete(number)) this.#late++;
    else this.#doubled++;
  }

  /** Balances the books, given how many messages each tab should have got. */
  settle(sent: ArrayLike<number>): Losses {
    let lost = 0;
    for (const numbers of this.#missing.values()) lost += numbers.size;
    for (let tab = 0; tab < this.#next.length; tab++) lost += sent[tab]! - this.#next[tab]!;
    return { lost, doubled: this.#doubled, late: this.#late };
  }

  #skip(tab: number, next: number, number: number): void {
    const missing = this.#missing.get(tab) ?? new Set();
    this.#missing.set(tab, missing);
    for (let absent = next; absent < number; absent++) missing.add(absent);
    this.#next[tab] = number + 1;
  }
}
