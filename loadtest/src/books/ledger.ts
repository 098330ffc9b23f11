/** What became of messages that were sent to some tabs. All are zero when everything arrived once and in order. */
export interface Losses {
  /** Never arrived. */
  readonly lost: number;
  /** Arrivals of what had arrived already. */
  readonly doubled: number;
  /** Arrived once, but after a later one of their stream. */
  readonly late: number;
  /** Arrivals at a tab that the stream is not for. */
  readonly stray: number;
}

/** No losses. */
export const noLosses: Losses = { lost: 0, doubled: 0, late: 0, stray: 0 };

/** The losses of several ledgers together. */
export function addLosses(parts: readonly Losses[]): Losses {
  const total = (count: (part: Losses) => number) => parts.reduce((sum, part) => sum + count(part), 0);
  return {
    lost: total(({ lost }) => lost),
    doubled: total(({ doubled }) => doubled),
    late: total(({ late }) => late),
    stray: total(({ stray }) => stray),
  };
}

/**
 * Exact bookkeeping of who got what. The messages of each stream are numbered from 0 without gaps, so a loss and a double of the
 * same tab do not cancel out as they would in a count.
 */
export class Ledger {
  /** All arrivals, doubles included. */
  received = 0;

  /** Per tab, the streams that are for it. */
  readonly #streams: readonly (readonly number[])[];
  /** Index of a tab's first seat; a seat is one tab in one stream. */
  readonly #firstSeat: Int32Array;
  /** Per seat, the number that comes next. */
  readonly #next: Int32Array;
  /** Per seat that was left waiting, the numbers below `#next` that have not come. */
  readonly #missing = new Map<number, Set<number>>();
  #doubled = 0;
  #late = 0;
  #stray = 0;

  /** @param streams per tab, the streams that are for it */
  constructor(streams: readonly (readonly number[])[]) {
    this.#streams = streams;
    this.#firstSeat = new Int32Array(streams.length);
    let seats = 0;
    for (const [tab, own] of streams.entries()) {
      this.#firstSeat[tab] = seats;
      seats += own.length;
    }
    this.#next = new Int32Array(seats);
  }

  /** A message has arrived at this tab. */
  record(tab: number, stream: number, number: number): void {
    this.received++;
    const index = this.#streams[tab]!.indexOf(stream);
    if (index === -1) {
      this.#stray++;
      return;
    }
    const seat = this.#firstSeat[tab]! + index;
    const next = this.#next[seat]!;
    if (number === next) this.#next[seat] = next + 1;
    else if (number > next) this.#skip(seat, next, number);
    else if (this.#missing.get(seat)?.delete(number)) this.#late++;
    else this.#doubled++;
  }

  /**
   * Balances the books.
   * @param sent per stream, how many messages went out
   */
  settle(sent: ArrayLike<number>): Losses {
    let lost = 0;
    for (const numbers of this.#missing.values()) lost += numbers.size;
    for (const [tab, streams] of this.#streams.entries())
      for (const [index, stream] of streams.entries())
        lost += sent[stream]! - this.#next[this.#firstSeat[tab]! + index]!;
    return { lost, doubled: this.#doubled, late: this.#late, stray: this.#stray };
  }

  #skip(seat: number, next: number, number: number): void {
    const missing = this.#missing.get(seat) ?? new Set();
    this.#missing.set(seat, missing);
    for (let absent = next; absent < number; absent++) missing.add(absent);
    this.#next[seat] = number + 1;
  }
}
