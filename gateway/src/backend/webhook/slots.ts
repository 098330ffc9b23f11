/** `asked` is what a client waits for, `told` what the backend is merely to hear. */
export type Kind = 'asked' | 'told';

/**
 * The requests that may be on their way at once. What is asked goes first, and what is told never takes more than
 * half, so that a flood of events does not keep a client waiting.
 */
export class Slots {
  readonly #size: number;
  readonly #taken = { asked: 0, told: 0 };
  readonly #waiting = { asked: new Set<() => void>(), told: new Set<() => void>() };

  /** @param size at least 2 */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many wait for a slot. */
  get waiting(): number {
    return this.#waiting.asked.size + this.#waiting.told.size;
  }

  /** Waits for a slot, in the order of asking. Resolves with false when the deadline came first: there is none to give back. */
  take(kind: Kind, deadline?: AbortSignal): Promise<boolean> {
    if (deadline?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const got = () => {
        deadline?.removeEventListener('abort', tooLate);
        resolve(true);
      };
      const tooLate = () => {
        this.#waiting[kind].delete(got);
        resolve(false);
      };
      deadline?.addEventListener('abort', tooLate, { once: true });
      this.#waiting[kind].add(got);
      this.#fill();
    });
  }

  /** Gives a slot back. */
  give(kind: Kind): void {
    this.#taken[kind]--;
    this.#fill();
  }

  #fill(): void {
    while (this.#free > 0 && this.#next('asked'));
    while (this.#free > 0 && this.#taken.told < this.#size / 2 && this.#next('told'));
  }

  get #free(): number {
    return this.#size - this.#taken.asked - this.#taken.told;
  }

  #next(kind: Kind): boolean {
    const [got] = this.#waiting[kind];
    if (got === undefined) return false;
    this.#waiting[kind].delete(got);
    this.#taken[kind]++;
    got();
    return true;
  }
}
