import { randomUUID } from 'node:crypto';
import { encodeText, type Postmark } from '../books/message.js';
import { sendBody } from './action.js';
import { Api } from './api.js';
import { Lane, type Outcome } from './lane.js';
import type { ApiWay, Wrapping } from './plan.js';
import type { Way } from './way.js';

/** How long a request is repeated before it is given up, ms. */
const patience = 10_000;

/**
 * Sends as a backend does, on several lanes at once. What the API does not answer, or with 5xx, is repeated under the same
 * idempotency key; what it refuses as wrong ends the run.
 */
export class ApiLanes implements Way {
  readonly #apis: readonly Api[];
  readonly #lanes: readonly Lane[];
  readonly #outcome: Outcome;
  readonly #end = new AbortController();

  constructor({ urls, key, targets, batch, lanes, repeats = true }: ApiWay, textBytes: number) {
    const bodies = targets.map(sendBody);
    const outcome = { refused: targets.map(() => 0), unheard: 0, repeated: 0 };
    const end = this.#end;
    const run = randomUUID();
    const write = (mark: Postmark) => wrap(bodies[mark.stream]!, encodeText(textBytes, mark));
    this.#outcome = outcome;
    this.#apis = Array.from({ length: lanes }, (_, lane) => new Api(urls[lane % urls.length]!, key));
    this.#lanes = this.#apis.map((api, lane) => {
      const keys = repeats ? `${run}-${lane}` : undefined;
      return new Lane({ api, batch, keys, patience, write, outcome, end });
    });
  }

  async open(): Promise<void> {
    await Promise.all(this.#apis.map((api) => api.open()));
  }

  take(mark: Postmark): void {
    this.#lanes[mark.stream % this.#lanes.length]!.take(mark);
  }

  /** @throws what has ended the run */
  flush(): void {
    this.#end.signal.throwIfAborted();
    for (const lane of this.#lanes) lane.flush();
  }

  async settle(): Promise<Outcome> {
    await Promise.all(this.#lanes.map((lane) => lane.settle()));
    this.#end.signal.throwIfAborted();
    return this.#outcome;
  }

  close(): void {
    this.#end.abort();
    for (const api of this.#apis) api.close();
  }
}

function wrap({ head, tail }: Wrapping, text: string): string {
  return head + text + tail;
}
