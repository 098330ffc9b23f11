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
  /** Whether something was not even kept waiting. */
  #overflown = false;

  /** Whether what arrives has to wait for a reading. */
  get behind(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * What to do with a publication: deliver it (`next`), nothing at all (`seen`, `kept`), or read what is missing (`gap`),
   * which will bring this one too. `bytes` are copied where they are kept.
   */
  take(bytes: Uint8Array, position: string | null): 'next' | 'seen' | 'gap' | 'kept' {
    if (position !== null) this.quiet = false;
    if (this.#waiting !== undefined) {
      this.#keep(this.#waiting, bytes, position);
      return 'kept';
    }
    const verdict = position === null ? 'next' : this.#advance(position);
    if (verdict === 'gap') this.#waiting = [];
    return verdict;
  }

  /**
   * A reading begins, which will show all that was kept until now: so nothing else of that has to wait any longer.
   * @returns the position to read from; undefined to find out where the channel stands
   */
  begin(): string | undefined {
    const unkept = (this.#waiting ?? []).filter(({ position }) => position === null);
    this.#waiting = unkept;
    this.#room = unkept.reduce((room, { bytes }) => room - bytes.length, maxWaiting);
    this.#overflown = false;
    return this.position;
  }

  /** Stands at a position that was read. */
  moveTo(position: string): void {
    this.position = position;
    this.#last = parsePosition(position);
  }

  /** Hands out what waits, in order, as far as nothing is missing; then `behind` says whether to read again. */
  *release(): Generator<Arrival> {
    const waiting = this.#waiting ?? [];
    for (let arrival = waiting.shift(); arrival !== undefined; arrival = waiting.shift()) {
      const verdict = arrival.position === null ? 'next' : this.#advance(arrival.position);
      if (verdict === 'gap') return;
      if (verdict === 'next') yield arrival;
    }
    if (!this.#overflown) this.#waiting = undefined;
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
      if (position !== null) this.#overflown = true;
      return;
    }
    this.#room -= bytes.length;
    waiting.push({ bytes: Uint8Array.from(bytes), position });
  }
}
