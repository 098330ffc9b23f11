import type { Published } from '../broker.js';
import { Expiring } from './expiring.js';
import { Histories } from './history.js';
import { Records } from './records.js';

/** Takes a publication. `bytes` is good only during the call. */
export type Receiver = (channel: string, bytes: Uint8Array, position: string | null) => void;

/** What was published under an idempotency key. */
export interface Result {
  readonly digest: string;
  readonly published: Published;
}

/**
 * Connects memory brokers, and memory registries, as Redis connects the others: one queue, so every subscriber sees one
 * order, and one clock.
 */
export class MemoryBus {
  /** What was published, by idempotency key. */
  readonly results: Expiring<Result>;
  /** What the registries keep. */
  readonly records = new Records();
  /** What the channels have kept. */
  readonly histories: Histories;
  /** The clock that counts for all, in ms since the epoch. */
  readonly now: () => number;
  readonly #receivers = new Map<string, Set<Receiver>>();
  #queue: (() => void)[] = [];

  /** @param now a steady clock in ms since the epoch */
  constructor(now: () => number = () => performance.timeOrigin + performance.now()) {
    this.now = now;
    this.results = new Expiring(now);
    this.histories = new Histories(now);
  }

  /** Runs an action after all that was published and asked for before it. */
  later(action: () => void): void {
    if (this.#queue.length === 0) setImmediate(() => this.#drain());
    this.#queue.push(action);
  }

  /** Subscribes. Idempotent. */
  join(channel: string, receiver: Receiver): void {
    const receivers = this.#receivers.get(channel);
    if (receivers === undefined) this.#receivers.set(channel, new Set([receiver]));
    else receivers.add(receiver);
  }

  leave(channel: string, receiver: Receiver): void {
    const receivers = this.#receivers.get(channel);
    receivers?.delete(receiver);
    if (receivers?.size === 0) this.#receivers.delete(channel);
  }

  /** How many are subscribed. */
  subscribers(channel: string): number {
    return this.#receivers.get(channel)?.size ?? 0;
  }

  /** Delivers a copy, later, to whoever is subscribed now; returns to how many. */
  publish(channel: string, bytes: Uint8Array, position: string | null): number {
    const receivers = [...(this.#receivers.get(channel) ?? [])];
    const copy = Uint8Array.from(bytes);
    if (receivers.length > 0)
      this.later(() => {
        for (const receive of receivers) receive(channel, copy, position);
      });
    return receivers.length;
  }

  #drain(): void {
    const actions = this.#queue;
    this.#queue = [];
    for (const action of actions) action();
  }
}
