import { isSlotOf } from '../fanout/frame.js';

/** Slots that one tab may have frames in. Who needs more is no dashboard, and pays for its memory. */
const maxSlots = 100;

/**
 * The frames that wait for one tab where only the latest counts: one for each slot, in the order in which they were
 * published.
 */
export class LatestFrames {
  readonly #maxBytes: number;
  readonly #frames = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param maxBytes how much may wait in all */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many wait. */
  get size(): number {
    return this.#frames.size;
  }

  /** Whether more waits than may. */
  get tooMuch(): boolean {
    return this.#frames.size > maxSlots || this.#bytes > this.#maxBytes;
  }

  /** Keeps a frame, and lets the one go that is in its slot. Says whether there was one. */
  put(slot: string, frame: Uint8Array): boolean {
    const replaced = this.#remove(slot);
    this.#frames.set(slot, frame);
    this.#bytes += frame.length;
    return replaced !== undefined;
  }

  /** Hands out the frame that has waited longest; undefined when none does. */
  shift(): Uint8Array | undefined {
    const [slot] = this.#frames.keys();
    return slot === undefined ? undefined : this.#remove(slot);
  }

  /** Lets the frames of a channel go. */
  drop(channel: string): void {
    for (const slot of this.#frames.keys()) if (isSlotOf(channel, slot)) this.#remove(slot);
  }

  #remove(slot: string): Uint8Array | undefined {
    const frame = this.#frames.get(slot);
    if (frame === undefined) return undefined;
    this.#frames.delete(slot);
    this.#bytes -= frame.length;
    return frame;
  }
}
