import assert from 'node:assert/strict';
import {
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type History,
  type Publication,
  type Published,
} from '../../src/broker/broker.js';
import type { LocalBus } from '../../src/fanout/delivery.js';
import { Fanout, type FanoutParts, type Send } from '../../src/fanout/fanout.js';
import { type Encoding, ReplaceableFrame, type SharedFrame } from '../../src/fanout/frame.js';
import { Hub } from '../../src/fanout/hub.js';
import type { HubTab } from '../../src/fanout/members.js';
import { Once } from '../../src/fanout/once.js';
import { Sample } from '../../src/fanout/sample.js';
import { Counters } from '../../src/metrics/counters.js';
import { topicBus } from './topic-bus.js';

/** A broker whose publications are handed on by the test, one by one and in any order. */
class PausedBroker implements Broker {
  readonly state = 'live';
  readonly published: Publication[] = [];
  readonly wanted = new Set<string>();
  readonly #confirm: (() => void)[] = [];
  async start(_listener: BrokerListener): Promise<void> {}
  subscribe(channel: string): Promise<void> {
    this.wanted.add(channel);
    return new Promise((resolve) => this.#confirm.push(resolve));
  }
  confirmAll(): void {
    for (const confirm of this.#confirm.splice(0)) confirm();
  }
  unsubscribe(channel: string): void {
    this.wanted.delete(channel);
  }
  async publish(publication: Publication): Promise<Published> {
    this.published.push(publication);
    return { gateways: this.wanted.has(publication.channel) ? 1 : 0, position: null };
  }
  async read(): Promise<History> {
    throw new BrokerUnavailable('nothing is kept here');
  }
  async close(): Promise<void> {}
}

/** A tab that notes what reaches it, on its own or through topics. */
export class NotingTab implements HubTab {
  readonly identity = null;
  readonly topics = new Set<string>();
  readonly got: unknown[] = [];
  /** What of it a later frame might have replaced. */
  readonly replaceable: unknown[] = [];
  /** The channels that frames to this tab alone have named. */
  readonly places: unknown[] = [];
  constructor(
    readonly connection: string,
    readonly encoding: Encoding = 'json',
    readonly session: string | null = null,
  ) {}
  deliver(frame: SharedFrame): void {
    const { at, details } = JSON.parse(Buffer.from(frame.json).toString());
    this.got.push(details[0]);
    if (at !== undefined) this.places.push(at);
    if (frame instanceof ReplaceableFrame) this.replaceable.push(this.got.at(-1));
  }
  subscribe(topic: string): void {
    this.topics.add(topic);
  }
  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }
}

/** The fan-out of one gateway without history, whose publications arrive when the test says so. */
export class FanoutScene {
  readonly broker = new PausedBroker();
  readonly hub: Hub;
  readonly counters = new Counters();
  readonly fanout: Fanout;
  readonly sample: Sample;
  /** The clock, in ms. */
  now = 0;
  /** What the sample has timed, in seconds. */
  readonly sampled: number[] = [];
  /** The channels of the orders that came. */
  readonly ordered: string[] = [];
  /** What was published to topics: the topic and, of JSON, the text. */
  readonly published: [string, string][] = [];
  readonly #tabs: NotingTab[] = [];

  constructor(hub = new Hub()) {
    this.hub = hub;
    this.sample = new Sample(
      () => this.now,
      (seconds) => this.sampled.push(seconds),
    );
    this.fanout = new Fanout(this.#parts());
  }

  /** One more tab in these channels. */
  async tabIn(channels: string[], ...rest: [Encoding?, (string | null)?]): Promise<NotingTab> {
    const tab = new NotingTab(`gw-${this.#tabs.length}`, ...rest);
    this.#tabs.push(tab);
    this.hub.add(tab);
    const entered = this.fanout.enter(tab, channels);
    this.broker.confirmAll();
    this.fanout.listen(await entered);
    return tab;
  }

  /** Sends a word; returns what was published, none of which has arrived. */
  async send(to: Send['to'], word: string, idempotencyKey?: string): Promise<Publication[]> {
    const before = this.broker.published.length;
    const key = idempotencyKey && { idempotencyKey };
    await this.fanout.send({ to, action: 'say', details: [word], ...key });
    return this.broker.published.slice(before);
  }

  arrive(...publications: Publication[]): void {
    for (const { channel, bytes } of publications) this.fanout.received(channel, bytes, null);
  }

  #parts(): FanoutParts {
    const { broker, hub, counters, sample } = this;
    const { publish, subscribers } = topicBus(this.#tabs, (tab, bytes, binary) =>
      tab.got.push(binary ? 'msgpack' : JSON.parse(Buffer.from(bytes).toString()).details[0]),
    );
    const bus: LocalBus = {
      publish: (topic, bytes, binary) => {
        this.published.push([topic, binary ? '' : Buffer.from(bytes).toString()]);
        publish(topic, bytes, binary);
      },
      subscribers,
    };
    const orders = { received: (channel: string) => this.ordered.push(channel) };
    const none = { keepFor: () => undefined, log: { error: assert.fail } };
    const once = new Once(() => this.now);
    return { gateway: 'gw', broker, hub, once, bus, orders, counters, sample, ...none };
  }
}
