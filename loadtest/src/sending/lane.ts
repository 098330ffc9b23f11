import { setTimeout as sleep } from 'node:timers/promises';
import type { Postmark } from '../books/message.js';
import { type ApiAnswer, sentence } from './api.js';

/** The delay before a repetition is random, up to this for the first, and doubles up to `longestDelay`, ms. */
const firstDelay = 20;
const longestDelay = 1000;

/** What became of the sends of all lanes. */
export interface Outcome {
  /** Per stream. */
  readonly refused: number[];
  unheard: number;
  repeated: number;
}

/** What a lane is given. */
export interface LaneOptions {
  readonly api: { send(body: string, idempotencyKey?: string): Promise<ApiAnswer> };
  /** Sends in one request, at most; 1 sends objects and no arrays. */
  readonly batch: number;
  /** Begins the idempotency keys; no other lane of any sender has it. Undefined where nothing is repeated. */
  readonly keys: string | undefined;
  /** How long a request is repeated before it is given up, ms. */
  readonly patience: number;
  /** One item of a request. */
  readonly write: (mark: Postmark) => string;
  readonly outcome: Outcome;
  /** Aborted, with the reason, as soon as there is no use in going on. */
  readonly end: AbortController;
}

/** One request after the other, so that what is queued here keeps its order. */
export class Lane {
  readonly #options: LaneOptions;
  /** Taken since `#turn` was begun. */
  #queue: Postmark[] = [];
  /** Being sent, from `#at` on. */
  #turn: Postmark[] = [];
  #at = 0;
  #requests = 0;
  #work: Promise<void> | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  take(mark: Postmark): void {
    this.#queue.push(mark);
  }

  /** Begins to send what is queued. A request that the API refuses as wrong ends all lanes. */
  flush(): void {
    if (this.#queue.length > 0) this.#work ??= this.#drain().catch((error) => this.#options.end.abort(error));
  }

  /** Resolves when all that was flushed is answered or given up, or the lanes have ended. */
  async settle(): Promise<void> {
    await this.#work;
  }

  async #drain(): Promise<void> {
    for (let marks = this.#next(); marks.length > 0; marks = this.#next())
      if (!(await this.#post(marks))) this.#refuse(marks);
    this.#work = undefined;
  }

  #next(): Postmark[] {
    if (this.#at === this.#turn.length) {
      this.#turn = this.#queue;
      this.#queue = [];
      this.#at = 0;
    }
    const marks = this.#turn.slice(this.#at, this.#at + this.#options.batch);
    this.#at += marks.length;
    return marks;
  }

  /** Whether the API has taken it. */
  async #post(marks: readonly Postmark[]): Promise<boolean> {
    const { api, batch, keys, patience, write, outcome, end } = this.#options;
    const body = batch === 1 ? write(marks[0]!) : `[${marks.map(write).join(',')}]`;
    const key = keys && `${keys}-${this.#requests++}`;
    const deadline = performance.now() + patience;
    for (let longest = firstDelay; ; longest = Math.min(2 * longest, longestDelay)) {
      const answer = await api.send(body, key).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) {
        outcome.unheard += unheardIn(answer);
        return true;
      }
      if (key === undefined || performance.now() > deadline) return false;
      await sleep(Math.random() * longest, undefined, { signal: end.signal });
      outcome.repeated++;
    }
  }

  /** Gives up what was not taken, and what waited behind it: each would take as long, and be later still. */
  #refuse(marks: readonly Postmark[]): void {
    const behind = [...this.#turn.slice(this.#at), ...this.#queue];
    for (const { stream } of [...marks, ...behind]) this.#options.outcome.refused[stream]!++;
    this.#turn = [];
    this.#queue = [];
    this.#at = 0;
  }
}

/** How many receipts say that nobody is there. No JSON is parsed: a quote within an id is escaped, so this is none. */
function unheardIn(answer: ApiAnswer): number {
  if (answer.status !== 200) throw new Error(`a send was refused with ${sentence(answer)}`);
  return answer.text.split('"gateways":0').length - 1;
}
