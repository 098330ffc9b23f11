/** Between two questions, in ms. */
export const pollInterval = 2000;

/** Between two questions to a gateway that does not answer, at most, in ms. */
const longestPause = 15_000;

/** How long to wait after so many failures in a row, in ms. @param {number} failures */
export function pauseAfter(failures) {
  return Math.min(pollInterval * 2 ** failures, longestPause);
}

/**
 * Asks again and again, each time when the answer before is there; less often where none comes, and not at all while
 * nobody looks at the page.
 */
export class Polling {
  #ask;
  #clock;
  /** @type {unknown} */
  #timer;
  #failures = 0;
  #running = false;
  #asking = false;
  #visible = true;

  /**
   * @param {() => Promise<boolean>} ask resolves to whether it got what it wanted; never rejects
   * @param {{ set(act: () => void, ms: number): unknown, clear(timer: any): void }} clock
   */
  constructor(ask, clock = { set: (act, ms) => setTimeout(act, ms), clear: (timer) => clearTimeout(timer) }) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** Begins, at once. */
  start() {
    this.#running = true;
    this.#failures = 0;
    void this.#turn();
  }

  stop() {
    this.#running = false;
    this.#clock.clear(this.#timer);
  }

  /** Whether somebody looks. Who comes back gets an answer at once. @param {boolean} visible */
  look(visible) {
    this.#visible = visible;
    this.#clock.clear(this.#timer);
    if (visible) void this.#turn();
  }

  /** Asks now instead of later. */
  hurry() {
    this.#clock.clear(this.#timer);
    void this.#turn();
  }

  async #turn() {
    if (!this.#running || !this.#visible || this.#asking) return;
    this.#asking = true;
    const answered = await this.#ask();
    this.#asking = false;
    this.#failures = answered ? 0 : this.#failures + 1;
    if (this.#running && this.#visible)
      this.#timer = this.#clock.set(() => void this.#turn(), pauseAfter(this.#failures));
  }
}
