import { setTimeout as pause } from 'node:timers/promises';
import type { BareGateway, Manner } from './bare-gateway.js';
import type { Sent } from './ledger.js';
import { until } from './until.js';

/** Sends that are under way together. */
const batchSize = 3;

/** Between two batches, in ms. */
const breath = 10;

/** Sends from one gateway to one group, batch after batch, until it is ended. */
export class Flow {
  readonly group: string;
  readonly #name: string;
  readonly #gateway: BareGateway;
  readonly #flowing: Promise<void>;
  #batch: readonly Sent[] = [];
  #batches = 0;
  #ended = false;

  constructor(gateway: BareGateway, name: string, group: string, manner: Manner) {
    this.group = group;
    this.#name = `${name} by ${gateway.name}`;
    this.#gateway = gateway;
    this.#flowing = this.#flow(manner);
  }

  /** All until now. */
  get sends(): Sent[] {
    return this.#gateway.sends.filter(({ stream }) => stream === this.#name);
  }

  /** A batch that begins from now on, when it has been answered. */
  async next(): Promise<readonly Sent[]> {
    const wanted = this.#batches + 2;
    await until(`answers to ${this.#name}`, () => this.#batches >= wanted);
    return this.#batch;
  }

  /** Resolves when a batch is accepted, and was heard by so many gateways at least. */
  async heardBy(gateways: number): Promise<void> {
    const heard = (sent: Sent) => sent.outcome === 'accepted' && sent.gateways >= gateways;
    await until(`${this.#name} to be heard`, async () => (await this.next()).every(heard), 30_000);
  }

  /** Resolves when one is refused, or its outcome is unknown. */
  async fails(): Promise<void> {
    const failed = (sent: Sent) => sent.outcome !== 'accepted';
    await until(`${this.#name} to fail`, async () => (await this.next()).some(failed));
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#flowing;
  }

  async #flow(manner: Manner): Promise<void> {
    for (; !this.#ended; this.#batches++) {
      const send = () => this.#gateway.send(this.#name, this.group, manner);
      this.#batch = await Promise.all(Array.from({ length: batchSize }, send));
      await pause(breath);
    }
  }
}
