import { setTimeout as pause } from 'node:timers/promises';
import type { Target } from '@tabcast/shared';
import type { GatewayProcess } from './gateway.js';
import type { Outcome, Sent } from './ledger.js';

/** Sends in one request: they are under way together, and order means something. */
const batchSize = 3;

/** Between two requests of a stream, in ms. */
const breath = 4;

/** How one batch was answered. */
export interface BatchAnswer {
  readonly status: number;
  /** The problem's code; undefined where there was none. */
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  /** The fewest gateways that a receipt counted. */
  readonly gateways: number;
}

/** Numbered sends to one target through one gateway, batch after batch, with every answer kept. */
export class Stream {
  readonly name: string;
  readonly sends: Sent[] = [];
  readonly answers: BatchAnswer[] = [];
  readonly #gateway: GatewayProcess;
  readonly #to: Target;
  readonly #hazard: Hazard;

  constructor(name: string, gateway: GatewayProcess, to: Target, hazard: Hazard) {
    this.name = name;
    this.#gateway = gateway;
    this.#to = to;
    this.#hazard = hazard;
  }

  /** Sends until it is told to stop. */
  async flow(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      await this.#sendBatch();
      await pause(breath);
    }
  }

  async #sendBatch(): Promise<void> {
    const first = this.sends.length;
    const numbers = Array.from({ length: batchSize }, (_, index) => first + index);
    const asked = this.#hazard.mark();
    const response = await this.#gateway.send(
      numbers.map((number) => ({ to: this.#to, action: 'count', details: [this.name, number] })),
    );
    const body = (await response.json()) as { code?: string } & Record<string, { gateways: number }>[];
    const counts = numbers.map((_, index) => (response.ok ? Object.values(body[index]!)[0]!.gateways : 0));
    const exposed = this.#hazard.since(asked);
    for (const [index, number] of numbers.entries())
      this.sends.push({
        ...{ stream: this.name, number, gateways: counts[index]!, exposed },
        outcome: outcomeOf(response.status, body.code),
      });
    this.answers.push({
      status: response.status,
      code: body.code,
      retryAfter: response.headers.get('retry-after'),
      gateways: Math.min(...counts),
    });
  }
}

/** Says whether a fault that throws things away was at work during some time. */
class Hazard {
  #begun = 0;
  #ended = 0;

  begin(): void {
    this.#begun++;
  }

  end(): void {
    this.#ended++;
  }

  /** The present moment, for `since`. */
  mark(): number {
    return this.#ended;
  }

  since(mark: number): boolean {
    return this.#begun > mark;
  }
}

/** Several streams at once. */
export class Traffic {
  readonly streams: readonly Stream[];
  readonly #hazard = new Hazard();
  readonly #flowing: Promise<unknown>;
  #stopped = false;

  constructor(sources: readonly { gateway: GatewayProcess; to: Target }[]) {
    this.streams = sources.map(
      ({ gateway, to }, index) =>
        new Stream(`${index}: ${JSON.stringify(to)} to ${gateway.id}`, gateway, to, this.#hazard),
    );
    this.#flowing = Promise.all(this.streams.map((stream) => stream.flow(() => this.#stopped)));
    this.#flowing.catch(() => {});
  }

  get sends(): Sent[] {
    return this.streams.flatMap((stream) => stream.sends);
  }

  /** Does something that throws away what Redis has taken; whatever is under way meanwhile is exposed to it. */
  async expose(fault: () => Promise<unknown>): Promise<void> {
    this.#hazard.begin();
    await fault();
    this.#hazard.end();
  }

  /** Resolves when the last answer is there. Rejects when a send was not answered at all. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#flowing;
  }
}

function outcomeOf(status: number, code: string | undefined): Outcome {
  if (status === 200) return 'accepted';
  if (status === 503) return code === 'broker-unavailable' ? 'refused' : 'unknown';
  // Of a batch a part may have been carried.
  if (status === 507) return 'unknown';
  throw new Error(`a send was answered with ${status} ${code}`);
}
