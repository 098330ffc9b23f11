/** How much may flow: `rate` a second, and `burst` at once after a pause. */
export interface Flow {
  readonly rate: number;
  readonly burst: number;
}

/**
 * A token bucket: it holds up to `burst` tokens, full at first, and `rate` of them flow in each second. It owns no timer:
 * the time is passed in, in ms of a steady clock.
 */
export class Bucket {
  readonly flow: Flow;
  #tokens: number;
  #filled: number;

  constructor(flow: Flow, now: number) {
    this.flow = flow;
    this.#tokens = flow.burst;
    this.#filled = now;
  }

  /** Whether `take` would find enough. */
  has(count: number, now: number): boolean {
    const { rate, burst } = this.flow;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filled) * rate) / 1000);
    this.#filled = now;
    return this.#tokens >= Math.min(count, burst);
  }

  /**
   * Takes tokens and says whether there were enough; else it takes none. A full bucket is enough for any number, and is
   * then empty for longer.
   */
  take(count: number, now: number): boolean {
    if (!this.has(count, now)) return false;
    this.#tokens -= count;
    return true;
  }
}
