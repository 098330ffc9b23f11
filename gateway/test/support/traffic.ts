import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Target } from '@tabcast/shared';
import type { GatewayProcess } from './gateway.js';
import type { Outcome, Sent } from './ledger.js';
import { until } from './until.js';

/** Sends in one request: they are under way together, and order means something. */
const batchSize = 3;

/** Between two requests of a stream that says nothing else, in ms. */
const usualBreath = 4;

/** How long a process may take to be seen dead after its connections broke, in ms: one that leaves closes what it holds first. */
const dying = 10_000;

/** Where a stream comes from and whom it is for. */
export interface Source {
  /** Through which it is sent; read anew for each request. */
  readonly gateway: GatewayProcess;
  readonly to: Target;
  /** Between two requests, in ms. */
  readonly breath?: number;
  /** What makes each send heavy. */
  readonly padding?: string;
  /**
   * Through which of them a request is repeated under its key, in turns, until it is accepted; read anew each time. Undefined
   * where it stays with the first answer.
   */
  readonly repeats?: readonly GatewayProcess[] | undefined;
}

/** How one batch was answered. */
export interface BatchAnswer {
  /** 0 when the gateway died over it. */
  readonly status: number;
  /** The problem's code; undefined where there was none. */
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  /** The fewest gateways that a receipt counted. */
  readonly gateways: number;
}

/** What the streams of some traffic do by themselves. */
type Mood = 'flowing' | 'resting' | 'stopped';

/** Numbered sends to one target through one gateway, batch after batch, all of them to be kept; with every answer. */
export class Stream {
  readonly name: string;
  readonly sends: Sent[] = [];
  readonly answers: BatchAnswer[] = [];
  readonly source: Source;
  /** Of requests whose outcome was unknown before they were accepted under the same key. */
  repeated = 0;
  readonly #hazard: Hazard;
  #asking: Promise<void> = Promise.resolve();

  constructor(name: string, source: Source, hazard: Hazard) {
    this.name = name;
    this.source = source;
    this.#hazard = hazard;
  }

  /** Resolves when the last request until now has been answered. */
  get answered(): Promise<void> {
    return this.#asking;
  }

  /** Sends until it is told to stop, but for the time in which it rests. */
  async flow(mood: () => Mood): Promise<void> {
    for (; mood() !== 'stopped'; await pause(this.source.breath ?? usualBreath))
      if (mood() === 'flowing') await this.send(batchSize);
  }

  /** Sends so many in one request; resolves when it is answered. */
  send(count: number): Promise<void> {
    this.#asking = this.#sendBatch(count);
    return this.#asking;
  }

  async #sendBatch(count: number): Promise<void> {
    const first = this.sends.length;
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const asked = this.#hazard.mark();
    const { outcome, receipts } = await this.#insist(numbers);
    const exposed = this.#hazard.since(asked);
    for (const [index, number] of numbers.entries())
      this.sends.push({
        ...{ stream: this.name, number, outcome, exposed, kept: true },
        ...receipts[index]!,
      });
  }

  /** Asks once; or, where it is to be repeated, until it is accepted. */
  async #insist(numbers: readonly number[]) {
    const { gateway, repeats, breath = usualBreath } = this.source;
    if (repeats === undefined) return this.#ask(numbers, gateway);
    const headers = { 'idempotency-key': randomUUID() };
    let asked = await this.#ask(numbers, gateway, headers);
    let doubtful = false;
    for (let turn = 0; asked.outcome !== 'accepted'; turn++) {
      doubtful ||= asked.outcome === 'unknown';
      await pause(breath);
      asked = await this.#ask(numbers, repeats[turn % repeats.length]!, headers);
    }
    if (doubtful) this.repeated++;
    return asked;
  }

  async #ask(numbers: readonly number[], gateway: GatewayProcess, headers: Record<string, string> = {}) {
    const { outcome, receipts, answer } = await this.#askOnce(numbers, gateway, headers);
    this.answers.push(answer);
    return { outcome, receipts };
  }

  async #askOnce(numbers: readonly number[], gateway: GatewayProcess, headers: Record<string, string>) {
    const { to, padding } = this.source;
    const none = numbers.map(() => ({ gateways: 0 }));
    const weight = padding === undefined ? [] : [padding];
    const sends = numbers.map((number) => ({ to, action: 'count', details: [this.name, number, ...weight] }));
    const response = await gateway.send(sends, headers).catch((error) => unanswered(gateway, error));
    if (response === undefined) return { ...unknown, receipts: none };
    const body = (await response.json()) as { code?: string } & Record<string, Receipt>[];
    const receipts = response.ok ? numbers.map((_, index) => receiptOf(body[index]!)) : none;
    return {
      outcome: outcomeOf(response.status, body.code),
      receipts,
      answer: {
        ...{ status: response.status, code: body.code },
        retryAfter: response.headers.get('retry-after'),
        gateways: Math.min(...receipts.map(({ gateways }) => gateways)),
      },
    };
  }
}

/** What is known of sends whose gateway has died. */
const unknown = {
  outcome: 'unknown' as const,
  answer: { status: 0, code: undefined, retryAfter: null, gateways: 0 },
};

interface Receipt {
  readonly gateways: number;
  readonly position?: string;
}

/** Every stream has a single channel. */
function receiptOf(receipts: Record<string, Receipt>): Receipt & { channel: string } {
  const [channel, receipt] = Object.entries(receipts)[0]!;
  return { ...receipt, channel };
}

/** A gateway that is being killed, or has left, owes no answer. */
async function unanswered(gateway: GatewayProcess, error: unknown): Promise<undefined> {
  const death = gateway.exited();
  await Promise.race([death, pause(dying, undefined, { ref: false })]);
  if (gateway.running) throw error;
  return undefined;
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
  #mood: Mood = 'flowing';

  constructor(sources: readonly Source[]) {
    this.streams = sources.map(
      (source, index) =>
        new Stream(`${index}: ${JSON.stringify(source.to)} to ${source.gateway.id}`, source, this.#hazard),
    );
    this.#flowing = Promise.all(this.streams.map((stream) => stream.flow(() => this.#mood)));
    this.#flowing.catch(() => {});
  }

  get sends(): Sent[] {
    return this.streams.flatMap((stream) => stream.sends);
  }

  /** Resolves when so many more sends of every stream have been accepted. */
  async accepted(more: number): Promise<void> {
    const counts = () =>
      this.streams.map(({ sends }) => sends.filter(({ outcome }) => outcome === 'accepted').length);
    const wanted = counts().map((count) => count + more);
    await until('more to be accepted', () => counts().every((count, index) => count >= wanted[index]!));
  }

  /** As Stream.repeated, of all streams. */
  get repeated(): number {
    return this.streams.reduce((sum, { repeated }) => sum + repeated, 0);
  }

  /** How the sends were answered, in words. */
  outcomes(): string {
    const count = (wanted: Outcome) => this.sends.filter(({ outcome }) => outcome === wanted).length;
    return `${count('accepted')} sends accepted, ${count('refused')} refused, ${count('unknown')} unknown`;
  }

  /** Does something that throws away what Redis has taken; whatever is under way meanwhile is exposed to it. */
  async expose(fault: () => Promise<unknown>): Promise<void> {
    this.#hazard.begin();
    await fault();
    this.#hazard.end();
  }

  /** Sends nothing by itself until `flow`; resolves when nothing is under way. */
  async rest(): Promise<void> {
    this.#mood = 'resting';
    await Promise.all(this.streams.map(({ answered }) => answered));
  }

  /** Ends the rest. */
  flow(): void {
    this.#mood = 'flowing';
  }

  /** Resolves when the last answer is there. Rejects when a send was not answered at all. */
  async stop(): Promise<void> {
    this.#mood = 'stopped';
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
