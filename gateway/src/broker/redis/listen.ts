import { type Connection, closeConnection, createConnection } from './connections.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { decodePayload } from './payload.js';
import { Subscriptions } from './subscriptions.js';

/** What a listen connection tells. */
export interface ListenEvents {
  /** A publication of a subscribed channel. `bytes` is good only during the call; `position` is null for what is not kept. */
  received(channel: string, bytes: Buffer, position: string | null): void;
  /** A probe of this gateway. */
  probed(text: string): void;
  /** Got ahead on the way to be subscribed. */
  progressed(): void;
  /** `subscribed` may have changed. */
  changed(): void;
  /** Redis does not want us; the sentence is for the operator. */
  refused(sentence: string): void;
}

/** The connection that subscribes. Keeps Redis' subscriptions in step with what is wanted. */
export class ListenConnection {
  readonly #connection: Connection;
  readonly #names: Names;
  readonly #probeName: string;
  readonly #events: ListenEvents;
  readonly #subscriptions: Subscriptions;

  constructor(options: RedisBrokerOptions, names: Names, events: ListenEvents) {
    this.#connection = createConnection(options, names, 'listen', events.refused);
    const { redis, complain } = this.#connection;
    this.#names = names;
    this.#probeName = names.probe(options.gateway);
    this.#events = events;
    this.#subscriptions = new Subscriptions({
      send: ({ verb, names }) => redis[verb](...names),
      progressed: () => events.progressed(),
      changed: () => events.changed(),
      refused: complain,
    });
    // It has no channel, and rejects at close, when nobody cares any more.
    this.#subscriptions.want(this.#probeName, undefined).catch(() => {});
    redis.on('connect', () => events.progressed());
    redis.on('ready', () => this.#subscriptions.begin());
    redis.on('close', () => this.#subscriptions.lose());
    redis.on('messageBuffer', (name: Buffer, payload: Buffer) => this.#receive(name, payload));
  }

  /** Since the connection was made, everything wanted was confirmed once, and nothing is refused. */
  get subscribed(): boolean {
    return this.#subscriptions.subscribed;
  }

  open(): void {
    // Its failure is an event too, and ioredis tries again.
    this.#connection.redis.connect().catch(() => {});
  }

  /** As Broker.subscribe. */
  subscribe(channel: string): Promise<void> {
    return this.#subscriptions.want(this.#names.channel(channel), channel);
  }

  /** As Broker.unsubscribe. */
  unsubscribe(channel: string): void {
    this.#subscriptions.unwant(this.#names.channel(channel));
  }

  /** Gives up the socket, makes a new one and subscribes there. */
  replace(): void {
    this.#subscriptions.lose();
    this.#connection.redis.disconnect(true);
  }

  close(reason: Error): Promise<void> {
    this.#subscriptions.close(reason);
    return closeConnection(this.#connection.redis);
  }

  #receive(name: Buffer, payload: Buffer): void {
    const key = name.toString('latin1');
    const channel = this.#subscriptions.channelOf(key);
    if (channel !== undefined) {
      const { bytes, position } = decodePayload(payload);
      this.#events.received(channel, bytes, position);
    } else if (key === this.#probeName) this.#events.probed(payload.toString());
  }
}
