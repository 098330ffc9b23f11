import type { Complaints } from '../../complaints.js';
import type { Counters } from '../../metrics/counters.js';
import type { Reading } from './answer.js';
import type { Breaker } from './breaker.js';
import type { Message } from './event.js';
import { sign } from './signature.js';
import type { Kind, Slots } from './slots.js';
import type { Answer, Failure } from './transport.js';

/** Why a message got no answer that counts: see `Failure`; or it was not sent, as the breaker is open or too much waits. */
export type Failed = Failure['failed'] | 'circuit-open' | 'queue-full';

/** What came of a message. `status` is that of an answer that says no. */
export type Outcome<T> = { readonly value: T } | { readonly failed: Failed; readonly status?: number };

export interface LineParts {
  readonly transport: {
    post(headers: Record<string, string>, body: string, deadline: AbortSignal): Promise<Answer | Failure>;
  };
  readonly breaker: Breaker;
  readonly slots: Slots;
  readonly secrets: readonly Buffer[];
  /** ms for a whole request. */
  readonly timeout: number;
  readonly counters: Counters;
  /** Takes the duration of a request, in s. */
  readonly observe: (seconds: number) => void;
  readonly complaints: Complaints;
  /** A clock in ms since the epoch, because the receiver compares the time of a signature with its own. */
  readonly now: () => number;
}

/** Statuses by which a proxy says that there is nobody behind it. Any other, 500 too, is the word of a living backend. */
const awayStatuses = [502, 503, 504];

/** The way to the backend: waits for a slot, asks the breaker, signs, sends once, reads, counts. */
export class Line {
  readonly #parts: LineParts;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  /**
   * Sends a message once. Never rejects.
   * @param read makes something of an answer with a status from 200 to 299
   * @param deadline absent: the time begins when there is a slot
   */
  async send<T>(
    message: Message,
    kind: Kind,
    read: (answer: Answer) => Reading<T>,
    deadline?: AbortSignal,
  ): Promise<Outcome<T>> {
    const { slots, timeout } = this.#parts;
    if (!(await slots.take(kind, deadline))) return this.turnAway(message);
    try {
      return await this.#attempt(message, read, deadline ?? AbortSignal.timeout(timeout));
    } finally {
      slots.give(kind);
    }
  }

  /** Counts a message for which there is no room. */
  turnAway(message: Message): Outcome<never> {
    return this.#fail(message, 'queue-full', 'too much is waiting for the backend');
  }

  async #attempt<T>(
    message: Message,
    read: (answer: Answer) => Reading<T>,
    deadline: AbortSignal,
  ): Promise<Outcome<T>> {
    const attempt = this.#parts.breaker.begin();
    if (attempt === undefined)
      return this.#fail(message, 'circuit-open', 'the backend failed several times in a row');
    const posted = await this.#post(message, deadline);
    attempt.ended(isAlive(posted));
    if ('failed' in posted) return this.#fail(message, posted.failed, posted.why);
    const { status } = posted;
    if (status < 200 || status > 299)
      return { ...this.#fail(message, 'refused', `the answer has status ${status}`), status };
    const reading = read(posted);
    if ('wrong' in reading) return this.#fail(message, 'refused', `the answer is none: ${reading.wrong}`);
    this.#parts.counters.webhooks.answered++;
    return reading;
  }

  async #post({ id, body }: Message, deadline: AbortSignal): Promise<Answer | Failure> {
    const { transport, secrets, observe, now } = this.#parts;
    const timestamp = Math.floor(now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'tabcast',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(secrets, id, timestamp, body),
    };
    const begun = performance.now();
    const posted = await transport.post(headers, body, deadline);
    observe((performance.now() - begun) / 1000);
    return posted;
  }

  #fail({ event }: Message, failed: Failed, why: string): { failed: Failed } {
    this.#parts.counters.webhooks[failed]++;
    this.#parts.complaints.complain(`${event}: ${why}`);
    return { failed };
  }
}

function isAlive(posted: Answer | Failure): boolean {
  return 'failed' in posted ? posted.failed === 'refused' : !awayStatuses.includes(posted.status);
}
