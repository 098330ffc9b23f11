/** How long the same complaint is not repeated, in ms. */
const quiet = 30_000;

/** Writes what goes wrong again and again only when it is new, and then twice a minute while it lasts. */
export class Complaints {
  readonly #write: (reason: string) => void;
  readonly #now: () => number;
  readonly #written = new Map<string, number>();

  /** @param now a steady clock in ms */
  constructor(write: (reason: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  complain(reason: string): void {
    const now = this.#now();
    for (const [old, at] of this.#written) if (now - at >= quiet) this.#written.delete(old);
    if (this.#written.has(reason)) return;
    this.#written.set(reason, now);
    this.#write(reason);
  }
}
