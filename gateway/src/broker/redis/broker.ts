import {
  type Broker,
  type BrokerListener,
  type BrokerState,
  BrokerUnavailable,
  type History,
  type HistoryRequest,
  type Publication,
  type Published,
} from '../broker.js';
import { ClusterBroker } from './cluster/broker.js';
import { CommandConnection } from './command.js';
import { isCluster } from './endpoint.js';
import { ListenConnection } from './listen.js';
import { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { Probe } from './probe.js';

/**
 * A broker over the pub/sub of one Redis or of a Redis Cluster, version 7.0 or later.
 * @throws {RangeError} when URL or prefix cannot be used
 */
export function createRedisBroker(options: RedisBrokerOptions): Broker {
  return isCluster(options.url) ? new ClusterBroker(options) : new RedisBroker(options);
}

/**
 *     publish ──▶ command connection ──▶ Redis ──▶ listen connection ──▶ received
 *                    ▲                                    │
 *                    └──────────── probe ◀────────────────┘
 *
 * Live while the one answers and the other is subscribed to all that is wanted.
 */
class RedisBroker implements Broker {
  readonly #log: RedisBrokerOptions['log'];
  readonly #command: CommandConnection;
  readonly #listen: ListenConnection;
  readonly #probe: Probe;
  #state: BrokerState = 'starting';
  #listener: BrokerListener | undefined;
  #started: { resolve: () => void; reject: (reason: Error) => void } | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RedisBrokerOptions) {
    const names = new Names(options.prefix);
    this.#log = options.log;
    this.#command = new CommandConnection(options, names, {
      connected: () => this.#probe.begin(),
      changed: () => this.#settle(),
      refused: (sentence) => this.#refuse(sentence),
    });
    this.#listen = new ListenConnection(options, names, {
      received: (...publication) => this.#listener?.received(...publication),
      probed: (text) => this.#probe.arrived(text),
      progressed: () => this.#probe.progressed(),
      changed: () => this.#settle(),
      refused: (sentence) => this.#refuse(sentence),
    });
    this.#probe = this.#createProbe(options.probeInterval);
  }

  get state(): BrokerState {
    return this.#state;
  }

  start(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#command.open();
      this.#listen.open();
      this.#probe.start();
    });
  }

  subscribe(channel: string): Promise<void> {
    return this.#listen.subscribe(channel);
  }

  unsubscribe(channel: string): void {
    this.#listen.unsubscribe(channel);
  }

  publish(publication: Publication): Promise<Published> {
    if (this.#state === 'live') return this.#command.publish(publication);
    return Promise.reject(new BrokerUnavailable(`the broker is ${this.#state}`));
  }

  read(request: HistoryRequest): Promise<History> {
    if (this.#state === 'live') return this.#command.read(request);
    return Promise.reject(new BrokerUnavailable(`the broker is ${this.#state}`));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(new BrokerUnavailable('the broker was closed'));
    return this.#closing;
  }

  async #close(reason: Error): Promise<void> {
    this.#enter('closed');
    this.#probe.stop();
    this.#started?.reject(reason);
    await Promise.all([this.#command.close(), this.#listen.close(reason)]);
  }

  #createProbe(interval: number): Probe {
    const command = this.#command;
    const listen = this.#listen;
    return new Probe(interval, {
      get connected() {
        return command.connected;
      },
      get subscribed() {
        return listen.subscribed;
      },
      publish: (text) => command.probe(text),
      replaceListen: () => {
        this.#log.warn('Redis answers, but delivers nothing: replacing the listen connection');
        listen.replace();
      },
      replaceBoth: () => {
        this.#log.warn('Redis has been silent for long: replacing both connections');
        command.replace();
        listen.replace();
      },
      roundTrip: (seconds) => this.#listener?.roundTrip(seconds),
    });
  }

  /** Only at the start: who has been let in once will be let in again when the operator has mended it. */
  #refuse(sentence: string): void {
    if (this.#state !== 'starting') return;
    this.#closing ??= this.#close(new Error(sentence));
  }

  #settle(): void {
    if (this.#command.answers && this.#listen.subscribed) this.#enter('live');
    else if (this.#state === 'live') this.#enter('down');
  }

  #enter(state: BrokerState): void {
    if (state === this.#state || this.#state === 'closed') return;
    this.#state = state;
    this.#listener?.stateChanged(state);
    if (state === 'live') this.#started?.resolve();
    if (state === 'down') this.#probe.send();
  }
}
