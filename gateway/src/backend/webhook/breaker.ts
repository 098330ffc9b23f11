/** Failures in a row that open the breaker. */
const failuresToOpen = 10;

/** How long it stays open, in ms: at first, and at most. The time doubles while the backend stays away. */
const [firstRest, longestRest] = [1000, 10_000];

/** A request that may go. How it ended must be told. */
export interface Attempt {
  ended(well: boolean): void;
}

/**
 * Spares a backend that fails what it could not answer anyway, and our clients the wait for it. Open after several
 * failures in a row; then, after a rest, one request at a time is let through to see whether the backend has healed.
 */
export class Breaker {
  readonly #now: () => number;
  #failures = 0;
  #rest = 0;
  #openUntil: number | undefined;
  #probe: Attempt | undefined;

  /** @param now a steady clock in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** From the first failure too many until a request has ended well. */
  get open(): boolean {
    return this.#openUntil !== undefined;
  }

  /** Asks whether a request may go; undefined: it may not. */
  begin(): Attempt | undefined {
    if (this.#openUntil === undefined) return this.#attempt();
    if (this.#probe !== undefined || this.#now() < this.#openUntil) return undefined;
    this.#probe = this.#attempt();
    return this.#probe;
  }

  #attempt(): Attempt {
    const attempt = { ended: (well: boolean) => (well ? this.#close() : this.#failed(attempt)) };
    return attempt;
  }

  #close(): void {
    [this.#failures, this.#rest, this.#openUntil, this.#probe] = [0, 0, undefined, undefined];
  }

  /** What was on its way when the breaker opened says nothing new when it fails. */
  #failed(attempt: Attempt): void {
    this.#failures++;
    if (this.open ? attempt === this.#probe : this.#failures >= failuresToOpen) this.#open();
  }

  #open(): void {
    this.#probe = undefined;
    this.#rest = Math.min(Math.max(firstRest, this.#rest * 2), longestRest);
    this.#openUntil = this.#now() + this.#rest;
  }
}
