import { parsePosition } from '@tabcast/shared';
import type { History, HistoryEntry, HistoryRequest, Keep } from '../broker.js';

/** How long a channel remembers at least where it stands, in ms. What it has kept may be gone long before. */
const leastLife = 24 * 3600_000;
/** Pause between two looks for what has expired, in ms. */
const sweepPause = 60_000;

/** Where a channel stands, and what it has kept. Times are in ms of the clock. */
interface Standing {
  readonly epoch: number;
  offset: number;
  /** When that is forgotten. */
  ends: number;
  entries: HistoryEntry[];
  entriesEnd: number;
}

/** The histories of all channels. What has expired is not seen any more, and goes with a later look. */
export class Histories {
  readonly #now: () => number;
  readonly #channels = new Map<string, Standing>();
  #swept: number;

  /** @param now a steady clock in ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
    this.#swept = now();
  }

  /** How many channels remember something. */
  get size(): number {
    return this.#channels.size;
  }

  /** Keeps a copy; returns its position. */
  append(channel: string, bytes: Uint8Array, { size, age }: Keep): string {
    const standing = this.#standing(channel);
    standing.offset++;
    standing.entries.push({ position: positionOf(standing), bytes: Uint8Array.from(bytes) });
    standing.entries.splice(0, standing.entries.length - size);
    standing.entriesEnd = this.#now() + age;
    standing.ends = this.#now() + Math.max(10 * age, leastLife);
    return positionOf(standing);
  }

  /** As Broker.read. */
  read({ channel, after, limit }: HistoryRequest): History {
    const standing = this.#standing(channel);
    standing.ends = Math.max(standing.ends, this.#now() + leastLife);
    const from = after === undefined ? 0 : offsetIn(standing, after);
    const kept = standing.entries.slice(firstAfter(standing, from ?? 0));
    const entries = kept
      .slice(0, limit)
      .map(({ position, bytes }) => ({ position, bytes: Uint8Array.from(bytes) }));
    const first = entries.length > 0 ? standing.offset - kept.length + 1 : standing.offset + 1;
    return { position: positionOf(standing), entries, complete: from !== undefined && first === from + 1 };
  }

  /** Whether a position is of the epoch in which a channel is. */
  isOf(channel: string, position: string): boolean {
    return offsetIn(this.#standing(channel), position) !== undefined;
  }

  #standing(channel: string): Standing {
    this.#sweep();
    const now = this.#now();
    const known = this.#channels.get(channel);
    if (known === undefined || known.ends <= now) return this.#begin(channel, now);
    if (known.entriesEnd <= now) known.entries = [];
    return known;
  }

  #begin(channel: string, now: number): Standing {
    const standing = { epoch: Math.floor(now), offset: 0, ends: now + leastLife, entries: [], entriesEnd: 0 };
    this.#channels.set(channel, standing);
    return standing;
  }

  #sweep(): void {
    const now = this.#now();
    if (now - this.#swept < sweepPause) return;
    this.#swept = now;
    for (const [channel, standing] of this.#channels) {
      if (standing.ends <= now) this.#channels.delete(channel);
      else if (standing.entriesEnd <= now) standing.entries = [];
    }
  }
}

function positionOf({ epoch, offset }: Standing): string {
  return `${epoch}-${offset}`;
}

/** The offset of a position; undefined where it is of another epoch, or no position. */
function offsetIn({ epoch }: Standing, text: string): number | undefined {
  const position = parsePosition(text);
  return position?.epoch === String(epoch) ? position.offset : undefined;
}

/** Index of the first entry after an offset. */
function firstAfter({ offset, entries }: Standing, from: number): number {
  return Math.max(0, from - (offset - entries.length));
}
