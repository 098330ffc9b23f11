/** Values that are forgotten after their time. No timer: what has expired goes with the next look at the front. */
export class Expiring<V> {
  readonly #now: () => number;
  /** In the order of their expiry, as long as all are set with the same time to live. */
  readonly #values = new Map<string, { value: V; expires: number }>();

  /** @param now a steady clock in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many are kept, some of them perhaps for no longer than the next `get`. */
  get size(): number {
    return this.#values.size;
  }

  /** The value, or undefined when it is unknown or has expired. */
  get(key: string): V | undefined {
    this.#sweep();
    return this.#values.get(key)?.value;
  }

  /** Keeps a value from now on. @param ttl how long, in ms */
  set(key: string, value: V, ttl: number): void {
    this.#values.delete(key);
    this.#values.set(key, { value, expires: this.#now() + ttl });
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, { expires }] of this.#values) {
      if (expires > now) return;
      this.#values.delete(key);
    }
  }
}
