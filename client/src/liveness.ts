import type { Surroundings } from './surroundings.js';

/** How long a handshake may take, in ms. */
const handshakeTime = 10_000;
/** How long an answer may take, in ms: usually, and when there is a reason to doubt that anyone is there. */
const patience = { usual: 10_000, short: 5000 };
/** A timer that is later than this, in ms, has slept: the machine was suspended or the page frozen. */
const sleep = 5000;

/**
 * Finds out whether the other end of a connection is still there: asks after an interval of silence, and knows an interval
 * later at most.
 */
export class Liveness {
  readonly #world: Surroundings;
  readonly #interval: number;
  readonly #ask: () => void;
  readonly #silent: () => void;
  #heardAt = 0;
  /** Whether silence is a bad sign now. */
  #awaiting = false;
  #cancel: () => void = () => {};

  /**
   * @param interval in ms
   * @param ask asks for a sign of life
   * @param silent called once when none came
   */
  constructor(world: Surroundings, interval: number, ask: () => void, silent: () => void) {
    this.#world = world;
    this.#interval = interval;
    this.#ask = ask;
    this.#silent = silent;
  }

  /** A handshake begins. */
  begin(): void {
    this.#awaiting = true;
    this.#after(handshakeTime, this.#silent);
  }

  /** Something came. */
  heard(): void {
    this.#heardAt = this.#world.now();
    if (!this.#awaiting) return;
    this.#awaiting = false;
    this.#listen(this.#interval);
  }

  /** Something has happened after which many connections are dead. */
  doubt(): void {
    if (!this.#awaiting) this.#probe(patience.short);
  }

  stop(): void {
    this.#awaiting = true;
    this.#cancel();
  }

  #listen(ms: number): void {
    this.#after(ms, (late) => {
      const rest = this.#heardAt + this.#interval - this.#world.now();
      // More than an interval is left only when the clock was set back.
      if (rest > 0 && rest <= this.#interval) this.#listen(rest);
      else this.#probe(late ? patience.short : patience.usual);
    });
  }

  /** Asks. After a sleep the timer may come before the answer that has long been there, so it asks once more. */
  #probe(ms: number, again = true): void {
    this.#awaiting = true;
    this.#after(Math.min(ms, this.#interval), (late) =>
      late && again ? this.#probe(patience.short, false) : this.#silent(),
    );
    this.#ask();
  }

  #after(ms: number, callback: (late: boolean) => void): void {
    this.#cancel();
    const due = this.#world.now() + ms;
    this.#cancel = this.#world.after(ms, () => callback(this.#world.now() > due + sleep));
  }
}
