/** How far back is looked, in ms. */
const memory = 5000;

/** The part of that time which may be spent standing still. */
const tolerated = 0.2;

/** How often the loop is looked at, in ms. */
const interval = 50;

/**
 * Whether the event loop keeps up. It does not while, of the last five seconds, it has stood still for more than one in
 * all, counting only times longer than the limit: a storm that is too much shows at once, a collection of garbage never.
 */
export class Lag {
  /** In ms. */
  limit: number;
  #stops: { readonly until: number; readonly length: number }[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Notes that at `now` (ms of a steady clock) the loop did something so many ms later than it should have. */
  note(lateBy: number, now: number): void {
    if (lateBy > this.limit) this.#stops.push({ until: now, length: lateBy });
  }

  /** Whether newcomers had better go elsewhere at this moment. */
  tooMuch(now: number): boolean {
    if (this.#stops.length === 0) return false;
    this.#stops = this.#stops.filter(({ until }) => until > now - memory);
    const stoodStill = this.#stops.reduce((total, { length }) => total + length, 0);
    return stoodStill > tolerated * memory;
  }
}

/**
 * Watches the event loop of this process. Returns what ends it.
 * @param now a steady clock in ms
 */
export function watchLoop(lag: Lag, now: () => number): () => void {
  let due = now() + interval;
  const timer = setInterval(() => {
    const time = now();
    lag.note(time - due, time);
    due = time + interval;
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
