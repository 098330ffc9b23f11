import { type Redis, ReplyError } from 'ioredis';
import { type Connection, closeConnection, createConnection } from './connections.js';
import { type Batch, Interest } from './interest.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';

/** How long a channel stays subscribed after its last tab left, in ms: a reload of a page must not flap. */
const linger = 1000;
/** Longest pause before a refused subscription is tried again, in ms. */
const longestPause = 1000;

/** What a listen connection tells. */
export interface ListenEvents {
  /** A publication of a subscribed channel. `bytes` is good only during the call. */
  received(channel: string, bytes: Buffer): void;
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
  readonly #redis: Redis;
  readonly #names: Names;
  readonly #probeName: string;
  readonly #events: ListenEvents;
  readonly #interest = new Interest(linger);
  /** Counts connections, so that the answer to a command of an earlier one is known as such; see `#lose`. */
  #epoch = 0;
  #ready = false;
  #subscribed = false;
  #refusals = 0;
  #pausing = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(options: RedisBrokerOptions, names: Names, events: ListenEvents) {
    this.#connection = createConnection(options, names, 'listen', events.refused);
    this.#redis = this.#connection.redis;
    this.#names = names;
    this.#probeName = names.probe(options.gateway);
    this.#events = events;
    // It has no channel, and rejects at close, when nobody cares any more.
    this.#interest.want(this.#probeName, undefined).catch(() => {});
    this.#redis.on('connect', () => events.progressed());
    this.#redis.on('ready', () => this.#begin());
    this.#redis.on('close', () => this.#lose());
    this.#redis.on('messageBuffer', (name: Buffer, bytes: Buffer) => this.#receive(name, bytes));
  }

  /** Since the connection was made, everything wanted was confirmed once, and nothing is refused. */
  get subscribed(): boolean {
    return this.#subscribed;
  }

  open(): void {
    // Its failure is an event too, and ioredis tries again.
    this.#redis.connect().catch(() => {});
  }

  /** As Broker.subscribe. */
  subscribe(channel: string): Promise<void> {
    const confirmed = this.#interest.want(this.#names.channel(channel), channel);
    this.#soon();
    return confirmed;
  }

  /** As Broker.unsubscribe. */
  unsubscribe(channel: string): void {
    this.#interest.unwant(this.#names.channel(channel), performance.now());
    this.#soon();
  }

  /** Gives up the socket, makes a new one and subscribes there. */
  replace(): void {
    this.#lose();
    this.#redis.disconnect(true);
  }

  close(reason: Error): Promise<void> {
    this.#lose();
    this.#interest.close(reason);
    return closeConnection(this.#redis);
  }

  #receive(name: Buffer, bytes: Buffer): void {
    const key = name.toString('latin1');
    const channel = this.#interest.channelOf(key);
    if (channel !== undefined) this.#events.received(channel, bytes);
    else if (key === this.#probeName) this.#events.probed(bytes.toString());
  }

  #begin(): void {
    this.#ready = true;
    this.#events.progressed();
    this.#flush();
  }

  #lose(): void {
    if (!this.#ready) return;
    this.#epoch++;
    this.#ready = false;
    this.#refusals = 0;
    this.#cancel();
    this.#interest.lose();
    this.#setSubscribed(false);
  }

  /** One flush for all that is wanted and unwanted until the event loop turns. A pause after a refusal goes on. */
  #soon(): void {
    if (!this.#ready || this.#pausing) return;
    this.#immediate ??= setImmediate(() => this.#flush());
  }

  #later(pause: number): void {
    this.#timer = setTimeout(() => this.#flush(), pause);
  }

  #cancel(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#pausing = false;
  }

  #flush(): void {
    this.#cancel();
    if (!this.#ready) return;
    const batch = this.#interest.next(performance.now());
    if (batch !== undefined) this.#send(batch);
    else this.#rest();
  }

  #rest(): void {
    const { complete, due } = this.#interest;
    if (complete) this.#setSubscribed(true);
    if (due !== undefined) this.#later(Math.max(due - performance.now(), 1));
  }

  #send({ verb, names }: Batch): void {
    const epoch = this.#epoch;
    this.#redis[verb](...names).then(
      () => epoch === this.#epoch && this.#confirm(),
      (error) => epoch === this.#epoch && this.#refuse(verb, error),
    );
  }

  #confirm(): void {
    this.#refusals = 0;
    this.#interest.confirm(performance.now());
    if (!this.#subscribed) this.#events.progressed();
    this.#soon();
  }

  #refuse(verb: Batch['verb'], error: Error): void {
    // Any other error means that the connection is lost, and a close event follows.
    if (!(error instanceof ReplyError)) return;
    this.#interest.refuse(performance.now());
    if (verb === 'subscribe') this.#setSubscribed(false);
    if (!this.#subscribed) this.#events.progressed();
    this.#refusals++;
    this.#pausing = true;
    this.#later(Math.min(50 * 2 ** this.#refusals, longestPause));
    this.#connection.complain(error);
  }

  #setSubscribed(subscribed: boolean): void {
    if (subscribed === this.#subscribed) return;
    this.#subscribed = subscribed;
    this.#events.changed();
  }
}
