import { setTimeout as pause } from 'node:timers/promises';
import type { Counters } from '../../metrics/counters.js';
import type { Message } from './event.js';
import type { Lanes } from './lanes.js';
import type { Line } from './line.js';

/** Waits before the tries of an event, in ms; together some two minutes, which a deployment of the backend may take. */
const pauses = [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000];

/** How long the last events may take when the gateway closes, in ms. */
const flushTime = 3000;

export interface TellingParts {
  readonly line: Pick<Line, 'send'>;
  readonly lanes: Lanes;
  /** Most events that may be under way. */
  readonly limit: number;
  readonly counters: Counters;
  /** Waits some ms, or until the signal. Never rejects. */
  readonly wait?: (ms: number, hurry: AbortSignal) => Promise<unknown>;
}

/** Tells the backend of events: each at least once where that can be done, in order within a lane. */
export class Telling {
  readonly #parts: TellingParts;
  readonly #wait: NonNullable<TellingParts['wait']>;
  readonly #hurry = new AbortController();
  #pending = 0;
  #idle = () => {};

  constructor(parts: TellingParts) {
    this.#parts = parts;
    this.#wait = parts.wait ?? waitJittered;
  }

  /** Events that have not been told yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Takes an event on its way, or drops it where there is no room. */
  tell(message: Message, lane: string): void {
    const { limit, counters } = this.#parts;
    if (this.#pending >= limit) counters.webhookEventsDropped++;
    else void this.#deliver(message, lane);
  }

  /** Gives everything that is under way one more try at once. Resolves when it is done, at the latest after 3 s. */
  async close(): Promise<void> {
    this.#hurry.abort();
    if (this.#pending === 0) return;
    const done = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    await Promise.race([idle, pause(flushTime, undefined, { signal: done.signal }).catch(() => {})]);
    done.abort();
  }

  async #deliver(message: Message, lane: string): Promise<void> {
    this.#pending++;
    const leave = await this.#parts.lanes.enter(lane);
    if (!(await this.#try(message))) this.#parts.counters.webhookEventsDropped++;
    leave();
    if (--this.#pending === 0) this.#idle();
  }

  async #try(message: Message): Promise<boolean> {
    const { signal } = this.#hurry;
    for (const ms of pauses) {
      await this.#wait(ms, signal);
      const isLast = signal.aborted;
      const outcome = await this.#parts.line.send(message, 'told', () => ({ value: undefined }));
      if ('value' in outcome) return true;
      if (isLast) return false;
    }
    return false;
  }
}

/** Half of the wait is by chance, so that events which failed together do not come back together. */
async function waitJittered(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await pause(ms * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
}
