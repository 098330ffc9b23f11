/** What became of messages that were sent to some tabs. All are zero when everything arrived once and in order. */
export interface Losses {
  /** Never arrived. */
  readonly lost: number;
  /** Arrivals of what had arrived already. */
  readonly doubled: number;
  /** Arrived once, but after a later one of their stream. */
  readonly late: number;
  /** Arrivals at a tab that the stream is not for, or of what was never sent: somebody else sends too. */
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

/** Numbers that have not come, from `from` up to but without `to`. */
interface Gap {
  readonly from: number;
  readonly to: number;
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
  readonly #next: Float64Array;
  /** Per seat that was left waiting, the gaps below `#next`, in order: a tab that was away for long takes no more than one. */
  readonly #gaps = new Map<number, Gap[]>();
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
    this.#next = new Float64Array(seats);
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
    else if (this.#fill(seat, number)) this.#late++;
    else this.#doubled++;
  }

  /**
   * Balances the books.
   * @param sent per stream, how many messages went out
   */
  settle(sent: ArrayLike<number>): Losses {
    let lost = 0;
    let stray = this.#stray;
    for (const [tab, streams] of this.#streams.entries())
      for (const [index, stream] of streams.entries()) {
        const seat = this.#firstSeat[tab]! + index;
        const missing = this.#missing(seat, sent[stream]!);
        lost += missing;
        stray += this.#arrived(seat) - (sent[stream]! - missing);
      }
    return { lost, doubled: this.#doubled, late: this.#late, stray };
  }

  #skip(seat: number, next: number, number: number): void {
    const gap = { from: next, to: number };
    const gaps = this.#gaps.get(seat);
    if (gaps === undefined) this.#gaps.set(seat, [gap]);
    else gaps.push(gap);
    this.#next[seat] = number + 1;
  }

  /** Takes a number out of the gaps of a seat. Returns whether it was in one. */
  #fill(seat: number, number: number): boolean {
    const gaps = this.#gaps.get(seat) ?? [];
    const index = gaps.findLastIndex(({ from, to }) => from <= number && number < to);
    if (index === -1) return false;
    const { from, to } = gaps[index]!;
    const left = [
      { from, to: number },
      { from: number + 1, to },
    ];
    gaps.splice(index, 1, ...left.filter((gap) => gap.from < gap.to));
    return true;
  }

  /** How many of the numbers below `count` have not come. */
  #missing(seat: number, count: number): number {
    const within = ({ from, to }: Gap) => Math.max(0, Math.min(to, count) - from);
    return [...(this.#gaps.get(seat) ?? []), { from: this.#next[seat]!, to: count }].reduce(
      (sum, gap) => sum + within(gap),
      0,
    );
  }

  /** How many different numbers have come. */
  #arrived(seat: number): number {
    const next = this.#next[seat]!;
    return next - this.#missing(seat, next);
  }
}
