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
import { Life } from './life.js';
import { ListenConnection } from './listen.js';
import { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import type { Probe } from './probe.js';
import { createProbe } from './probed-pair.js';

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
  readonly #life = new Life((reason) => this.#end(reason));
  readonly #command: CommandConnection;
  readonly #listen: ListenConnection;
  readonly #probe: Probe;

  constructor(options: RedisBrokerOptions) {
    const names = new Names(options.prefix);
    const refused = (sentence: string) => this.#life.refuse(sentence);
    const roundTrip = (seconds: number) => this.#life.listener?.roundTrip(seconds);
    this.#command = new CommandConnection(options, names, {
      refused,
      connected: () => this.#probe.begin(),
      changed: () => this.#settle(),
    });
    this.#listen = new ListenConnection(options, names, {
      refused,
      received: (...publication) => this.#life.listener?.received(...publication),
      probed: (text) => this.#probe.arrived(text),
      progressed: () => this.#probe.progressed(),
      changed: () => this.#settle(),
    });
    const [command, listen] = [this.#command, this.#listen];
    const publish = (text: string) => command.probe(text);
    this.#probe = createProbe({ name: 'Redis', command, listen, publish, roundTrip }, options);
  }

  get state(): BrokerState {
    return this.#life.state;
  }

  start(listener: BrokerListener): Promise<void> {
    return this.#life.start(listener, () => {
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
    if (this.state === 'live') return this.#command.publish(publication);
    return Promise.reject(new BrokerUnavailable(`the broker is ${this.state}`));
  }

  read(request: HistoryRequest): Promise<History> {
    if (this.state === 'live') return this.#command.read(request);
    return Promise.reject(new BrokerUnavailable(`the broker is ${this.state}`));
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  async #end(reason: Error): Promise<void> {
    this.#probe.stop();
    await Promise.all([this.#command.close(), this.#listen.close(reason)]);
  }

  #settle(): void {
    const fell = this.#life.settle(this.#command.answers && this.#listen.subscribed);
    if (fell) this.#probe.send();
  }
}
