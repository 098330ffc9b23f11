import type { History, HistoryRequest, Publication, Published } from '../../broker.js';
import { CommandConnection } from '../command.js';
import { type Connection, closeConnection, createConnection } from '../connections.js';
import type { Batch } from '../interest.js';
import type { Names } from '../names.js';
import type { RedisBrokerOptions } from '../options.js';
import type { Probe } from '../probe.js';
import { createProbe } from '../probed-pair.js';

/** What a master tells, and asks. */
export interface MasterEvents {
  /** Whether everything wanted in its slots is confirmed. */
  subscribed(): boolean;
  /** Something was published in one of its slots. `payload` is good only during the call. */
  received(name: string, payload: Buffer): void;
  /** `listening` has changed. */
  listening(): void;
  /** It has ended subscriptions by itself: a slot has gone from it. */
  withdrew(): void;
  /** `answers` may have changed. */
  changed(): void;
  /** Redis does not want us; the sentence is for the operator. */
  refused(sentence: string): void;
  /** A probe came back after this time, in seconds. */
  roundTrip(seconds: number): void;
}

/** One master of the cluster: a connection that publishes, one that subscribes, and the probe that examines both. */
export class Master {
  readonly #events: MasterEvents;
  readonly #command: CommandConnection;
  readonly #listen: Connection;
  readonly #probe: Probe;
  /** The redis channel on which it is probed, in a slot of its own; empty while it has none. */
  #probeName = '';
  #listening = false;

  /** @param options of a connection to this node */
  constructor(options: RedisBrokerOptions, names: Names, events: MasterEvents) {
    this.#events = events;
    this.#command = new CommandConnection(options, names, {
      connected: () => this.#probe.begin(),
      changed: () => events.changed(),
      refused: events.refused,
    });
    this.#listen = createConnection(options, names, 'listen', events.refused);
    this.#probe = this.#createProbe(options);
    const { redis } = this.#listen;
    redis.on('ready', () => this.#listenTo(true));
    redis.on('close', () => this.#listenTo(false));
    redis.on('smessageBuffer', (name: Buffer, payload: Buffer) =>
      this.#receive(name.toString('latin1'), payload),
    );
    // ioredis' word for a SUNSUBSCRIBE that nobody has asked for.
    redis.on('moved', () => events.withdrew());
  }

  /** Subscriptions can be made. When it ends, those that were made are lost. */
  get listening(): boolean {
    return this.#listening;
  }

  /** As CommandConnection.answers. */
  get answers(): boolean {
    return this.#command.answers;
  }

  /** Where it is probed. */
  get probeName(): string {
    return this.#probeName;
  }

  /** @param probeName a redis channel in one of its slots, subscribed together with them */
  open(probeName: string): void {
    this.#probeName = probeName;
    // Failures are events too, and ioredis tries again.
    this.#command.open();
    this.#listen.redis.connect().catch(() => {});
    this.#probe.start();
  }

  /** The slot of the former one has gone. */
  probeAt(name: string): void {
    this.#probeName = name;
    this.#probe.begin();
  }

  /** As Broker.publish. */
  publish(publication: Publication): Promise<Published> {
    return this.#command.publish(publication);
  }

  /** As Broker.read. */
  read(request: HistoryRequest): Promise<History> {
    return this.#command.read(request);
  }

  /** Sends a command to subscribe or to unsubscribe names of one slot. */
  send({ verb, names }: Batch): Promise<unknown> {
    return this.#listen.redis[`s${verb}`](...names);
  }

  /** A subscription that it has refused, for the log and the operator. */
  complain(error: Error): void {
    this.#listen.complain(error);
  }

  /** One of its slots got ahead on the way to be subscribed. */
  progressed(): void {
    this.#probe.progressed();
  }

  async close(): Promise<void> {
    this.#probe.stop();
    await Promise.all([this.#command.close(), closeConnection(this.#listen.redis)]);
  }

  #listenTo(listening: boolean): void {
    if (listening) this.#probe.progressed();
    if (listening === this.#listening) return;
    this.#listening = listening;
    this.#events.listening();
  }

  #receive(name: string, payload: Buffer): void {
    if (name === this.#probeName) this.#probe.arrived(payload.toString());
    else this.#events.received(name, payload);
  }

  #createProbe(options: RedisBrokerOptions): Probe {
    const events = this.#events;
    const listen = {
      get subscribed() {
        return events.subscribed();
      },
      replace: () => this.#replaceListen(),
    };
    const publish = (text: string) => this.#command.probe(text, this.#probeName);
    const { roundTrip } = events;
    return createProbe({ name: 'a master', command: this.#command, listen, publish, roundTrip }, options);
  }

  #replaceListen(): void {
    this.#listenTo(false);
    this.#listen.redis.disconnect(true);
  }
}
