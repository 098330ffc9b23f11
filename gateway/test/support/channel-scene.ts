import assert from 'node:assert/strict';
import type { Frame, Positions } from '@tabcast/shared';
import { decodeMsgpack } from '@tabcast/shared/msgpack';
import { Fanout, type Send } from '../../src/fanout/fanout.js';
import type { Encoding, SharedFrame } from '../../src/fanout/frame.js';
import { Hub } from '../../src/fanout/hub.js';
import type { Standing } from '../../src/fanout/members.js';
import { Once } from '../../src/fanout/once.js';
import type { ResumingTab } from '../../src/fanout/resumption.js';
import { Sample } from '../../src/fanout/sample.js';
import { Counters } from '../../src/metrics/counters.js';
import { KeptChannel } from './kept-channel.js';
import { topicBus } from './topic-bus.js';

/** The one channel of a scene. */
export const channel = 'group:a';

/** Everything that is under way has been done, as far as nobody is waited for. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A tab that keeps the frames that reach it, on its own or through topics. */
export class KeepingTab implements ResumingTab {
  readonly identity = null;
  readonly session = null;
  readonly topics = new Set<string>();
  readonly frames: Frame[] = [];
  /** What it was told of where it stands; undefined until it listens. */
  standing: Standing | undefined;
  /** How many bytes it takes at once. */
  capacity = 200_000;
  /** After so many more frames of its own the tab has to read first. */
  room = Number.POSITIVE_INFINITY;
  #drained: (() => void)[] = [];
  constructor(
    readonly connection: string,
    readonly encoding: Encoding = 'json',
  ) {}
  /** Where it was told that it stands. */
  get start(): string | undefined {
    return this.standing?.positions[channel];
  }
  deliver(frame: SharedFrame): void {
    this.room--;
    this.take(frame.in(this.encoding), this.encoding === 'msgpack');
  }
  take(bytes: Uint8Array, binary: boolean): void {
    this.frames.push((binary ? decodeMsgpack(bytes) : JSON.parse(Buffer.from(bytes).toString())) as Frame);
  }
  subscribe(topic: string): void {
    this.topics.add(topic);
  }
  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }
  whenDrained(): Promise<void> | undefined {
    return this.room > 0 ? undefined : new Promise((resolve) => this.#drained.push(resolve));
  }
  /** Has read what waited, so that there is room for so many frames. */
  drain(room: number): void {
    this.room = room;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
  /** Actions and positions, in a short form. */
  get story(): string[] {
    return this.frames.map(({ action, at }) => (at === undefined ? action : `${action} ${at[1]}`));
  }
}

/** One gateway, with its broker in the hands of the test. */
export class Scene {
  readonly broker: KeptChannel;
  readonly hub = new Hub();
  readonly tabs: KeepingTab[] = [];
  readonly counters = new Counters();
  readonly fanout: Fanout;
  #sent = 0;

  constructor(size: number) {
    this.broker = new KeptChannel(size);
    const bus = topicBus(this.tabs, (tab, bytes, binary) => tab.take(bytes, binary));
    this.fanout = new Fanout({
      ...{ gateway: 'gw', broker: this.broker, hub: this.hub, once: new Once(() => 0), bus },
      ...{ orders: { received: assert.fail }, counters: this.counters, log: { error: assert.fail } },
      sample: new Sample(
        () => 0,
        () => {},
      ),
      keepFor: (kind) => (kind === 'group' ? { size, age: 1000 } : undefined),
    });
  }

  /** A tab that enters the channel, and listens as soon as it may; or goes on from a position. */
  async enter(encoding?: Encoding, from?: string, room?: number): Promise<KeepingTab> {
    const tab = new KeepingTab(`gw-${this.tabs.length}`, encoding);
    tab.room = room ?? tab.room;
    this.tabs.push(tab);
    const stays = await this.fanout.enter(tab, [channel]);
    const positions: Positions = from === undefined ? {} : { [channel]: from };
    const resumption = from === undefined ? undefined : await this.fanout.resume(tab, stays, positions);
    tab.standing = this.fanout.listen(stays, resumption);
    void resumption?.follow();
    return tab;
  }

  /** A tab that has entered the channel, with the readings that this needs. */
  async tabIn(encoding?: Encoding): Promise<KeepingTab> {
    const entered = this.enter(encoding);
    await settled();
    this.broker.answer();
    return entered;
  }

  async send(more: Partial<Send> & { except?: string } = {}): Promise<void> {
    const { except, ...rest } = more;
    const to = except === undefined ? { group: 'a' } : { group: 'a', except };
    await this.fanout.send({ to, action: `send ${++this.#sent}`, details: [], ...rest });
  }

  /** The first that is under way arrives, or is lost. */
  arrive(isLost = false): void {
    const arrival = this.broker.underWay.shift();
    if (arrival !== undefined && !isLost) this.fanout.received(channel, arrival.bytes, arrival.position);
  }

  /** The reading that is under way misses what is sent before it is answered, and so do the subscribers; then the broker is back. */
  async missWhileReading(): Promise<void> {
    this.broker.serve();
    await this.send();
    this.arrive(true);
    this.fanout.brokerBack();
    this.broker.answer();
  }

  /** So many are sent, and arrive. */
  async sendAll(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await this.send();
      this.arrive();
    }
  }

  /** Every reading is answered, those too that follow from it. */
  async answerAll(): Promise<void> {
    await settled();
    while (this.broker.readings.length > 0) {
      this.broker.answer();
      await settled();
    }
  }
}
