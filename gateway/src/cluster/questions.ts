import { randomBytes } from 'node:crypto';
import { gatewayChannel } from '../fanout/plan.js';
import type { Counters } from '../metrics/counters.js';
import type { Answer, Asked, Order } from './order.js';
import type { Orders } from './orders.js';

/** How long answers are waited for, in ms: many times what they take, and still no wait for the person who asks. */
export const answerTime = 500;

/** Every order that asks for answers. */
type Question = Extract<Order, Asked>;

type WithoutAsked<Q> = Q extends Asked ? Omit<Q, keyof Asked> : never;

/** What a gateway said. */
export interface Said<T> {
  readonly gateway: string;
  readonly body: T;
}

/** What came of a question. */
export interface Answers<T> {
  readonly answers: readonly Said<T>[];
  /** Whether every gateway that heard the question has answered in time, with something that could be read. */
  readonly complete: boolean;
}

/** Asks the gateways that are subscribed to a channel. The publish says how many they are, and so whom to wait for. */
export class Questions {
  readonly #orders: Orders;
  readonly #gateway: string;
  readonly #counters: Counters;
  /** The questions under way, by their random id. */
  readonly #open = new Map<string, (answer: Answer) => void>();

  /** @param gateway id of this gateway */
  constructor(orders: Orders, gateway: string, counters: Counters) {
    this.#orders = orders;
    this.#gateway = gateway;
    this.#counters = counters;
    orders.on('answer', (answer) => this.#open.get(answer.ask)?.(answer));
  }

  /** How many questions wait for answers. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Asks, and waits until everyone who heard has answered, for 500 ms at most. When nobody heard, nobody is waited for.
   * @param read makes the body of an answer into what it is for; undefined when it is not what was asked for
   * @throws what Broker.publish throws
   */
  async ask<T>(
    channel: string,
    question: WithoutAsked<Question>,
    read: (body: unknown) => T | undefined,
  ): Promise<Answers<T>> {
    const ask = randomBytes(9).toString('base64url');
    const gathering = new Gathering(read);
    // Before the question is out: answers may overtake the broker's word on how many heard it.
    this.#open.set(ask, (answer) => gathering.take(answer));
    try {
      const order = { ...question, ask, asker: this.#gateway } as Question;
      const gathered = await gathering.until(await this.#orders.send(channel, order));
      this.#counters.questions[gathered.complete ? 'complete' : 'incomplete']++;
      return gathered;
    } finally {
      this.#open.delete(ask);
    }
  }

  /** Answers a question. Never rejects: who asked waits in vain for a moment and says so. */
  async answer({ ask, asker }: Asked, body: unknown): Promise<void> {
    const answer: Answer = { kind: 'answer', ask, gateway: this.#gateway, body };
    await this.#orders.send(gatewayChannel(asker), answer).catch(() => {});
  }
}

/** The answers to one question as they come in. */
class Gathering<T> {
  readonly #read: (body: unknown) => T | undefined;
  readonly #heard = new Map<string, Said<T> | undefined>();
  #expected = Number.POSITIVE_INFINITY;
  #done = () => {};

  constructor(read: (body: unknown) => T | undefined) {
    this.#read = read;
  }

  /** Only the first answer of a gateway counts, and no more of them than have heard the question. */
  take({ gateway, body }: Answer): void {
    if (this.#heard.has(gateway) || this.#heard.size >= this.#expected) return;
    const read = this.#read(body);
    this.#heard.set(gateway, read === undefined ? undefined : { gateway, body: read });
    if (this.#heard.size >= this.#expected) this.#done();
  }

  async until(expected: number): Promise<Answers<T>> {
    this.#expected = expected;
    if (this.#heard.size < expected) await this.#atMost(answerTime);
    const answers = [...this.#heard.values()].filter((said) => said !== undefined);
    return { answers, complete: answers.length >= expected };
  }

  #atMost(time: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.#done = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
