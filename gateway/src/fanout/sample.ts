/** How long the send of a sample may be under way, in ms. It may never come back: it failed, or repeated an earlier one. */
const patience = 5000;

/**
 * How long sends take from here through the broker to the tabs of this gateway. One send at a time is timed, and ten a
 * second at most, so that every other one pays a comparison and no more.
 *
 * A send is known again by its channel and its bytes. Where somebody sends the same again before it is back, the sample
 * is shorter than it should be.
 */
export class Sample {
  /** Whether the next send that will come back is to be timed. */
  wanted = true;
  /** The channel of the send that is timed; undefined while there is none. */
  channel: string | undefined;
  readonly now: () => number;
  readonly #observe: (seconds: number) => void;
  #bytes: Uint8Array | undefined;
  #begun = 0;

  /**
   * @param now a steady clock in ms
   * @param observe takes what was measured, in s
   */
  constructor(now: () => number, observe: (seconds: number) => void) {
    this.now = now;
    this.#observe = observe;
  }

  /** Times a send that was taken at this moment. `bytes` stay as they are. */
  begin(channel: string, bytes: Uint8Array, begun: number): void {
    this.wanted = false;
    this.channel = channel;
    this.#bytes = bytes;
    this.#begun = begun;
  }

  /** To be called when a publication on `channel` was given to the tabs. */
  delivered(bytes: Uint8Array): void {
    if (this.#bytes === undefined || Buffer.compare(this.#bytes, bytes) !== 0) return;
    this.#observe((this.now() - this.#begun) / 1000);
    this.#forget();
  }

  /** To be called ten times a second. */
  tick(): void {
    if (this.channel !== undefined && this.now() - this.#begun >= patience) this.#forget();
    this.wanted = this.channel === undefined;
  }

  #forget(): void {
    this.channel = undefined;
    this.#bytes = undefined;
  }
}
