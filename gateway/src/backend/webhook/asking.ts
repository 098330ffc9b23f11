import type { Reading } from './answer.js';
import type { Message } from './event.js';
import type { Lanes } from './lanes.js';
import type { Line, Outcome } from './line.js';
import type { Answer } from './transport.js';

/** One lane may take this part of the queue, so that one tab cannot fill it. */
const laneShare = 1 / 10;

export interface AskingParts {
  readonly line: Pick<Line, 'send' | 'turnAway'>;
  readonly lanes: Lanes;
  /** ms from the question to the answer, waiting included. */
  readonly timeout: number;
  /** Most questions on their way at once. */
  readonly concurrency: number;
  /** Most questions that may wait beyond those. */
  readonly queue: number;
}

/** Asks the backend what a client waits for: once, and within the time or not at all. */
export class Asking {
  readonly #parts: AskingParts;
  #pending = 0;

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  /** Questions without an answer. */
  get pending(): number {
    return this.#pending;
  }

  /** Asks, and resolves with what came of it. Never rejects. */
  ask<T>(message: Message, read: (answer: Answer) => Reading<T>): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      void this.askInTurn(message, message.id, read, async (outcome) => resolve(outcome));
    });
  }

  /**
   * Asks when everything that was asked before in the same lane has been answered and used, and uses the outcome.
   * Rejects only where `use` does.
   */
  async askInTurn<T>(
    message: Message,
    lane: string,
    read: (answer: Answer) => Reading<T>,
    use: (outcome: Outcome<T>) => Promise<void>,
  ): Promise<void> {
    const { line, lanes, timeout, concurrency, queue } = this.#parts;
    const isFull = this.#pending >= concurrency + queue || lanes.length(lane) > queue * laneShare;
    if (isFull) return use(line.turnAway(message));
    const deadline = AbortSignal.timeout(timeout);
    this.#pending++;
    const leave = await lanes.enter(lane);
    try {
      await use(await line.send(message, 'asked', read, deadline));
    } finally {
      leave();
      this.#pending--;
    }
  }
}
