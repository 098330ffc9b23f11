import { hash } from 'node:crypto';
import {
  type Broker,
  type BrokerListener,
  type BrokerState,
  BrokerUnavailable,
  type History,
  type HistoryRequest,
  IdempotencyConflict,
  type Publication,
  type Published,
} from '../broker.js';
import { MemoryBus, type Receiver, type Result } from './bus.js';

/** What the memory broker takes. */
export interface MemoryBrokerOptions {
  /** How long an idempotency key is remembered, in ms. */
  readonly idempotencyTtl: number;
  /** What connects several brokers of one process; without it this one is alone. */
  readonly bus?: MemoryBus;
}

/**
 * A broker inside one process: for a single gateway, and the reference for what the others must do. Confirmations and
 * publications come later and in order, as they would from a network, so nobody gets used to less.
 */
export function createMemoryBroker({ idempotencyTtl, bus }: MemoryBrokerOptions): Broker {
  return new MemoryBroker(idempotencyTtl, bus ?? new MemoryBus());
}

class MemoryBroker implements Broker {
  readonly #idempotencyTtl: number;
  readonly #bus: MemoryBus;
  readonly #wanted = new Set<string>();
  readonly #waiting = new Map<string, Waiter[]>();
  /** What the bus calls; its identity is our membership. */
  readonly #receive: Receiver = (...publication) => this.#listener?.received(...publication);
  #state: BrokerState = 'starting';
  #listener: BrokerListener | undefined;

  constructor(idempotencyTtl: number, bus: MemoryBus) {
    this.#idempotencyTtl = idempotencyTtl;
    this.#bus = bus;
  }

  get state(): BrokerState {
    return this.#state;
  }

  async start(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    this.#enter('live');
  }

  subscribe(channel: string): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closed());
    this.#wanted.add(channel);
    return new Promise((resolve, reject) => {
      this.#waiting.set(channel, [...(this.#waiting.get(channel) ?? []), { resolve, reject }]);
      this.#bus.later(() => this.#confirm(channel));
    });
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    this.#endWait(channel);
    this.#bus.leave(channel, this.#receive);
  }

  async publish(publication: Publication): Promise<Published> {
    this.#expectLive();
    const { channel, bytes, idempotencyKey } = publication;
    if (idempotencyKey === undefined) return this.#send(publication);
    const key = JSON.stringify([channel, idempotencyKey]);
    const digest = hash('sha256', bytes, 'base64');
    const earlier = this.#bus.results.get(key);
    if (earlier !== undefined && earlier.digest !== digest)
      throw new IdempotencyConflict('the idempotency key was used for other bytes before');
    if (earlier === undefined || this.#isOver(channel, earlier)) {
      const published = this.#send(publication);
      this.#bus.results.set(key, { digest, published }, this.#idempotencyTtl);
      return published;
    }
    return earlier.published;
  }

  async read(request: HistoryRequest): Promise<History> {
    this.#expectLive();
    return this.#bus.histories.read(request);
  }

  async close(): Promise<void> {
    for (const channel of this.#wanted) this.#bus.leave(channel, this.#receive);
    this.#wanted.clear();
    for (const waiters of this.#waiting.values()) for (const { reject } of waiters) reject(closed());
    this.#waiting.clear();
    this.#enter('closed');
    this.#listener = undefined;
  }

  #expectLive(): void {
    if (this.#state !== 'live') throw new BrokerUnavailable(`the broker is ${this.#state}`);
  }

  /** Whether what was published stands in an epoch that is over. */
  #isOver(channel: string, { published: { position } }: Result): boolean {
    return position !== null && !this.#bus.histories.isOf(channel, position);
  }

  #send({ channel, bytes, keep }: Publication): Published {
    const position = keep === undefined ? null : this.#bus.histories.append(channel, bytes, keep);
    return { gateways: this.#bus.publish(channel, bytes, position), position };
  }

  #confirm(channel: string): void {
    if (!this.#wanted.has(channel)) return;
    this.#bus.join(channel, this.#receive);
    this.#endWait(channel);
  }

  #endWait(channel: string): void {
    for (const { resolve } of this.#waiting.get(channel) ?? []) resolve();
    this.#waiting.delete(channel);
  }

  #enter(state: BrokerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener?.stateChanged(state);
  }
}

interface Waiter {
  resolve(): void;
  reject(reason: Error): void;
}

function closed(): BrokerUnavailable {
  return new BrokerUnavailable('the broker was closed');
}
