/** Random numbers that a seed brings back: mulberry32 (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** From 0 to below 1, as Math.random; detached from its object. */
  readonly part = (): number => this.below(2 ** 32) / 2 ** 32;

  /** One in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Between 1 and a limit, and mostly small. */
  size(limit: number): number {
    return 1 + (this.below(2 ** this.below(Math.ceil(Math.log2(limit)) + 1)) % limit);
  }

  /** The same bytes with a few wounds: flipped, cut off, cut out, doubled or put in. */
  wound(whole: Buffer): Buffer {
    let bytes = whole;
    for (let wounds = this.size(4); wounds > 0 && bytes.length > 0; wounds--) bytes = this.#woundOnce(bytes);
    return bytes;
  }

  #woundOnce(bytes: Buffer): Buffer {
    const at = this.below(bytes.length);
    const [left, right] = [bytes.subarray(0, at), bytes.subarray(at)];
    const length = this.size(right.length);
    const treatments = [
      () => Buffer.concat([left, Buffer.from([right[0]! ^ (1 << this.below(8))]), right.subarray(1)]),
      () => left,
      () => Buffer.concat([left, right.subarray(length)]),
      () => Buffer.concat([left, right.subarray(0, length), right]),
      () => Buffer.concat([left, this.bytes(this.size(8)), right]),
    ];
    return this.pick(treatments)();
  }
}

/** The seed of this run: FUZZ_SEED where somebody wants to see a run again, else a new one. */
export function fuzzSeed(): number {
  return Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}
