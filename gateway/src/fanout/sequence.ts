import { compareWithLast, type Position, parsePosition } from '@tabcast/shared';

/** Most bytes that wait in one channel. What goes beyond is read from history once more. */
const maxWaiting = 1_048_576;

/** A publication as the broker brought it. */
export interface Arrival {
  readonly bytes: Uint8Array;
  /** Null for what is not kept. */
  readonly position: string | null;
}

/**
 * Where a gateway stands in one channel: what it has delivered of it, and what has to wait because something before it has
 * yet to be read from history. Begins by waiting: where the channel stands is not known before the first reading.
 */
export class Sequence {
  /** What was delivered last; undefined until the first reading. */
  position: string | undefined;
  /** Whether nothing that was kept has come since somebody set this. */
  quiet = true;
  #last: Position | undefined;
  #waiting: Arrival[] | undefined = [];
  #room = maxWaiting;
  /** Whether something came that was neither delivered nor kept waiting, since the last reading began. */
  #dropped = false;
  /** What came last and fits nowhere. */
  #misfit: string | undefined;
  /** What of that the reading that is under way has to show. */
  #sought: string | undefined;

  /** Whether what arrives has to wait for a reading. */
  get behind(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * What to do with a publication: deliver it (`next`), nothing at all (`seen`, `kept`), or read what is missing before it
   * (`gap`). `bytes` are copied where they are kept.
   */
  take(bytes: Uint8Array, position: string | null): 'next' | 'seen' | 'gap' | 'kept' {
    if (position !== null) this.quiet = false;
    if (this.#waiting !== undefined) {
      this.#keep(this.#waiting, bytes, position);
      return 'kept';
    }
    const verdict = position === null ? 'next' : this.#advance(position);
    if (verdict === 'gap') {
      this.#waiting = [];
      this.#keep(this.#waiting, bytes, position);
    }
    return verdict;
  }

  /**
   * A reading begins, which will show all that was kept until now: so what had no room to wait need not be read once more.
   * @returns the position to read from; undefined to find out where the channel stands
   */
  begin(): string | undefined {
    this.#dropped = false;
    this.#sought = this.#misfit ?? this.#sought;
    this.#misfit = undefined;
    return this.position;
  }

  /** Stands at a position that was read. */
  moveTo(position: string): void {
    this.position = position;
    this.#last = parsePosition(position);
  }

  /** Whether everything up to a position was delivered, and it is of the same epoch. */
  hasReached(position: string): boolean {
    const found = parsePosition(position);
    if (found === undefined || this.#last === undefined) return false;
    return compareWithLast(this.#last, found) === 'seen';
  }

  /** Whether an entry that was read comes next, and nobody has it yet; then stands there. */
  reach(position: string): boolean {
    return this.#advance(position) === 'next';
  }

  /**
   * Something is lost, and history begins again after a position: stands there, or earlier in that epoch where what comes next
   * has waited here. What waits of other epochs is read once more, if it still counts.
   */
  skipTo(position: string): void {
    const { epoch, offset } = parsePosition(position)!;
    const before = this.#last?.epoch === epoch ? this.#last.offset : -1;
    const fits = (found: Position | undefined) => found?.epoch === epoch && found.offset > before;
    this.#sought = undefined;
    const first = this.#keepOnly(fits).map(parse).find(fits);
    this.moveTo(first !== undefined && first.offset <= offset ? `${epoch}-${first.offset - 1}` : position);
  }

  /** Hands out what waits, in order, as far as nothing is missing. */
  *release(): Generator<Arrival> {
    const waiting = this.#waiting ?? [];
    for (let arrival = waiting.shift(); arrival !== undefined; arrival = waiting.shift()) {
      this.#room += arrival.bytes.length;
      const verdict = arrival.position === null ? 'next' : this.#advance(arrival.position);
      if (verdict === 'next') yield arrival;
      else if (verdict === 'gap') {
        this.#dropped = true;
        this.#misfit = arrival.position!;
        return;
      }
    }
  }

  /**
   * A reading is over: nothing has to wait any more, unless `behind` says that it has to be read again.
   * @returns whether it has shown all that it had to; what it has not is in no history of ours, and lost
   */
  settle(): boolean {
    const sought = this.#sought;
    this.#sought = undefined;
    const isShown = sought === undefined || this.hasReached(sought);
    if (!isShown) this.#giveUp(parsePosition(sought)?.epoch);
    if (!this.#dropped) this.#waiting = undefined;
    return isShown;
  }

  /** Nothing of an epoch is looked for any more: else each of its publications would be lost by itself. What counts is read once more. */
  #giveUp(epoch: string | undefined): void {
    if (this.#misfit !== undefined && parsePosition(this.#misfit)?.epoch === epoch) this.#misfit = undefined;
    this.#keepOnly((found) => found?.epoch !== epoch);
  }

  /** Drops what waits and does not fit; returns what is left, with all that is not kept in history. */
  #keepOnly(fits: (found: Position | undefined) => boolean): Arrival[] {
    const waiting = this.#waiting ?? [];
    const left = waiting.filter((arrival) => arrival.position === null || fits(parse(arrival)));
    if (left.length < waiting.length) this.#dropped = true;
    this.#room = left.reduce((room, arrival) => room - arrival.bytes.length, maxWaiting);
    this.#waiting = left;
    return left;
  }

  #advance(position: string): 'next' | 'seen' | 'gap' {
    const found = parsePosition(position);
    if (found === undefined || this.#last === undefined) return 'gap';
    const verdict = compareWithLast(this.#last, found);
    if (verdict === 'next') {
      this.#last = found;
      this.position = position;
    }
    return verdict;
  }

  #keep(waiting: Arrival[], bytes: Uint8Array, position: string | null): void {
    if (bytes.length > this.#room) {
      // What was not kept in history either is lost here, as it would have been with its subscription.
      if (position !== null) this.#dropped = true;
      return;
    }
    this.#room -= bytes.length;
    waiting.push({ bytes: Uint8Array.from(bytes), position });
  }
}

function parse({ position }: Arrival): Position | undefined {
  return position === null ? undefined : parsePosition(position);
}
