/** In s: how long the first, the second … failure in a row keeps a worker away. */
const pauses = [0, 1, 2, 4, 8, 16, 30];

/** A worker that lived for this long, in ms, was well: what ends it then is a new trouble. */
const wellAfter = 60_000;

/**
 * When a worker that ended is started again: the first time at once, because its tabs want to come back; then ever later, so
 * that one that cannot live does not cost the others their CPU.
 */
export class Respawn {
  #failures = 0;

  /**
   * @param lived how long the worker had been there, in ms
   * @returns how long to wait, in ms
   */
  pauseAfter(lived: number): number {
    if (lived >= wellAfter) this.#failures = 0;
    const pause = pauses[Math.min(this.#failures, pauses.length - 1)]!;
    this.#failures++;
    return pause * 1000;
  }
}
