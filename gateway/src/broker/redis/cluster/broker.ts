import {
  type Broker,
  type BrokerListener,
  type BrokerState,
  BrokerUnavailable,
  type History,
  type HistoryRequest,
  type Publication,
  type Published,
} from '../../broker.js';
import { Life } from '../life.js';
import { Names } from '../names.js';
import type { RedisBrokerOptions } from '../options.js';
import { slotOf } from './hash-slot.js';
import type { Master } from './master.js';
import { Shards } from './shards.js';

/**
 * A broker over the sharded pub/sub of a Redis Cluster, version 7.0 or later.
 *
 *     channel ──▶ slot ──▶ the master that has it ──▶ its own command and listen connection, its own probe
 *
 * Live while every slot is carried. When a master fails, the channels of its slots cannot be published to; all others can.
 */
export class ClusterBroker implements Broker {
  readonly #names: Names;
  readonly #shards: Shards;
  readonly #life = new Life((reason) => this.#shards.close(reason));

  /** @throws {RangeError} when URL or prefix cannot be used */
  constructor(options: RedisBrokerOptions) {
    this.#names = new Names(options.prefix);
    this.#shards = new Shards(options, this.#names, {
      received: (channel, bytes, position) => this.#life.listener?.received(channel, bytes, position),
      changed: () => this.#life.settle(this.#shards.carried),
      refused: (sentence) => this.#life.refuse(sentence),
      roundTrip: (seconds) => this.#life.listener?.roundTrip(seconds),
    });
  }

  get state(): BrokerState {
    return this.#life.state;
  }

  start(listener: BrokerListener): Promise<void> {
    return this.#life.start(listener, () => this.#shards.open());
  }

  subscribe(channel: string): Promise<void> {
    const name = this.#names.channel(channel);
    return this.#shards.slot(slotOf(name)).subscriptions.want(name, channel);
  }

  unsubscribe(channel: string): void {
    const name = this.#names.channel(channel);
    this.#shards.slot(slotOf(name)).subscriptions.unwant(name);
  }

  publish(publication: Publication): Promise<Published> {
    return this.#run(publication.channel, (master) => master.publish(publication));
  }

  read(request: HistoryRequest): Promise<History> {
    return this.#run(request.channel, (master) => master.read(request));
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  /** Sends a command to the master of a channel, in the order of the calls. */
  #run<T>(channel: string, send: (master: Master) => Promise<T>): Promise<T> {
    const slot = this.#shards.slot(slotOf(this.#names.channel(channel)));
    return slot.lane.run(async () => {
      if (!slot.master?.answers) throw new BrokerUnavailable('the master of the channel cannot be reached');
      return send(slot.master).catch((error) => {
        this.#shards.redirected(slot, error);
        throw error;
      });
    });
  }
}
