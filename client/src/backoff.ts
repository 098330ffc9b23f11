import type { Surroundings } from './surroundings.js';

const base = 1000;
const longest = 30_000;

/**
 * How long to wait before the next try, in ms: at random between nothing and a bound that doubles with each failure ("full
 * jitter", AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export class Backoff {
  readonly #random: Surroundings['random'];
  #failures = 0;

  constructor({ random }: Pick<Surroundings, 'random'>) {
    this.#random = random;
  }

  /** @param atOnce whether the first try need not wait at all; those after it do */
  next(atOnce = false): number {
    const failures = this.#failures++;
    if (atOnce && failures === 0) return 0;
    return this.#random() * Math.min(longest, base * 2 ** failures);
  }

  reset(): void {
    this.#failures = 0;
  }
}
