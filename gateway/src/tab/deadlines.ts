/** Something that is to be woken once. */
export interface Due {
  /** The moment has come, up to a second late. */
  due(): void;
}

/**
 * One clock for the deadlines of all tabs, to the second. A timer of its own per tab would cost more memory than the
 * rest of an idle tab.
 */
export class Deadlines {
  readonly #bySecond = new Map<number, Set<Due>>();
  readonly #now: () => number;
  #next: number;

  /** @param now a clock in ms since the epoch, because tokens expire by the calendar */
  constructor(now: () => number) {
    this.#now = now;
    this.#next = secondOf(now());
  }

  /** Wakes `due` at `time` (ms since the epoch) or within a second after it. Returns what `cancel` needs. */
  set(time: number, due: Due): number {
    const second = Math.max(Math.ceil(time / 1000), this.#next);
    const dues = this.#bySecond.get(second);
    if (dues === undefined) this.#bySecond.set(second, new Set([due]));
    else dues.add(due);
    return second;
  }

  /** Forgets a deadline by what `set` returned. */
  cancel(second: number, due: Due): void {
    const dues = this.#bySecond.get(second);
    if (dues?.delete(due) && dues.size === 0) this.#bySecond.delete(second);
  }

  /** To be called every second. Wakes everything whose time has come. */
  tick(): void {
    const now = secondOf(this.#now());
    // After a sleep of hours the map is smaller than the number of seconds to step through.
    const seconds =
      now - this.#next > this.#bySecond.size ? [...this.#bySecond.keys()] : range(this.#next, now);
    // Also where the clock was set back: who sets a deadline now means the time of now.
    this.#next = now + 1;
    for (const second of seconds) if (second <= now) this.#wake(second);
  }

  #wake(second: number): void {
    const dues = this.#bySecond.get(second);
    this.#bySecond.delete(second);
    for (const due of dues ?? []) due.due();
  }
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
