import assert from 'node:assert/strict';
import type { Frame } from '@tabcast/shared';
import type { Identity } from '../../src/auth/identity.js';
import { noBackend } from '../../src/backend/none.js';
import type { Publication, Published } from '../../src/broker/broker.js';
import { encodeOrder } from '../../src/broker/envelope.js';
import { Orders } from '../../src/cluster/orders.js';
import { Questions } from '../../src/cluster/questions.js';
import { Fanout } from '../../src/fanout/fanout.js';
import { Hub } from '../../src/fanout/hub.js';
import { Once } from '../../src/fanout/once.js';
import { Sample } from '../../src/fanout/sample.js';
import { Counters } from '../../src/metrics/counters.js';
import type { Connection } from '../../src/tab/connection.js';
import { Deadlines } from '../../src/tab/deadlines.js';
import { receiveFrame, start } from '../../src/tab/dispatch.js';
import { obey } from '../../src/tab/obey.js';
import type { TabRules } from '../../src/tab/rules.js';
import { SlowTabs } from '../../src/tab/slow-tabs.js';
import { Tab } from '../../src/tab/tab.js';
import { channel } from './channel-scene.js';
import { KeptChannel } from './kept-channel.js';
import { topicBus } from './topic-bus.js';

/** The one group of a scene. */
export const group = 'a';

/** What a tab has to wait for in this process before it is behind, and more. */
const much = 40_000;

/** As a KeptChannel, and it confirms the subscription to its one channel when the test says so. Others are there at once. */
class SlowBroker extends KeptChannel {
  #isSubscribed = false;
  #waits: (() => void)[] = [];

  override async subscribe(wanted: string): Promise<void> {
    if (wanted === channel && !this.#isSubscribed)
      await new Promise<void>((resolve) => this.#waits.push(resolve));
  }

  override unsubscribe(unwanted: string): void {
    if (unwanted !== channel) return;
    this.#isSubscribed = false;
    this.#endWaits();
  }

  override async publish(publication: Publication): Promise<Published> {
    const published = await super.publish(publication);
    // Nobody hears what is published before the confirmation.
    if (!this.#isSubscribed) this.underWay.pop();
    return published;
  }

  confirm(): void {
    this.#isSubscribed ||= this.#waits.length > 0;
    this.#endWaits();
  }

  #endWaits(): void {
    for (const resolve of this.#waits.splice(0)) resolve();
  }
}

/** A tab, and what its client gets. */
export class ClientTab {
  readonly user: string;
  readonly frames: Frame[] = [];
  readonly socket: Connection & { waiting: number };
  readonly topics = new Set<string>();
  /** After so many more frames it has to read first. */
  room = Number.POSITIVE_INFINITY;
  tab!: Tab;
  #asked = 0;

  constructor(user: string) {
    this.user = user;
    this.socket = {
      ...{ encoding: 'json' as const, waiting: 0 },
      write: (frame) => {
        this.frames.push(JSON.parse(Buffer.from(frame).toString()));
        if (--this.room <= 0) this.socket.waiting = much;
      },
      together: (write) => write(),
      subscribe: (topic) => void this.topics.add(topic),
      unsubscribe: (topic) => void this.topics.delete(topic),
      close: (code) => assert.fail(`closed with ${code}`),
    };
  }

  /** Sends a frame, and returns the id of the request. */
  ask(action: string, ...details: unknown[]): number {
    receiveFrame(this.tab, { action, details, id: ++this.#asked }, 10);
    return this.#asked;
  }

  /** Has read what waited, so that there is room for so many frames. */
  drain(room = Number.POSITIVE_INFINITY): void {
    [this.room, this.socket.waiting] = [room, 0];
    this.tab.drained();
  }

  /** Shows a token, and returns the id of the request. */
  authenticate(groups?: string[], join?: string[]): number {
    return this.ask('sys/auth', JSON.stringify(identityOf(this.user, groups, join)));
  }

  /** What has come since the welcome, in a short form. */
  get story(): string[] {
    return this.frames.slice(1).map(({ action, at, re, details }) => {
      if (at !== undefined) return `${action} ${at[1]}`;
      const what = re === undefined ? action : `${action} ${re}`;
      return action.startsWith('sys/') ? `${what} ${JSON.stringify(details)}` : what;
    });
  }
}

/** One gateway with real tabs, whose one group with history is carried by a broker in the hands of the test. */
export class TabScene {
  readonly broker: SlowBroker;
  readonly hub: Hub;
  readonly tabs: ClientTab[] = [];
  readonly fanout: Fanout;
  readonly #orders: Orders;
  readonly #rules: TabRules;
  #sent = 0;

  /** @param isLatest whether of groups only the latest frames count, for a tab that is behind; they have no history then */
  constructor(size = 1000, isLatest = false) {
    this.broker = new SlowBroker(size);
    this.hub = new Hub(isLatest ? ['group'] : []);
    const counters = new Counters();
    const { broker, hub } = this;
    this.#orders = new Orders(broker, counters);
    obey(this.#orders, new Questions(this.#orders, 'gw', counters), hub);
    const sample = new Sample(
      () => 0,
      () => {},
    );
    const bus = topicBus(this.tabs, ({ socket }, bytes) => socket.write(Uint8Array.from(bytes)));
    this.fanout = new Fanout({
      ...{ gateway: 'gw', broker, hub, once: new Once(() => 0), orders: this.#orders, counters, sample },
      ...{ bus, log: { error: assert.fail } },
      keepFor: (kind) => (kind === 'group' && !isLatest ? { size, age: 1000 } : undefined),
    });
    this.#rules = this.#rulesFor(counters);
  }

  /** A tab of a user, who may join any group. */
  async tabOf(user: string): Promise<ClientTab> {
    const client = new ClientTab(user);
    client.tab = new Tab(`gw-${this.tabs.length}`, client.socket, this.#rules);
    this.tabs.push(client);
    start(client.tab, identityOf(user));
    while (client.frames.length === 0) await Promise.resolve();
    return client;
  }

  /** The backend puts a user into the group, or takes it out. */
  order(kind: 'put' | 'remove', user: string): void {
    this.#orders.received(`user:${user}`, encodeOrder({ kind, group }));
  }

  async send(history?: false): Promise<void> {
    const action = `${history === false ? 'unkept' : 'send'} ${++this.#sent}`;
    await this.fanout.send({ to: { group }, action, details: [], ...(history === false && { history }) });
  }

  /** The first that is under way arrives. Says whether it was one that is not kept. */
  arrive(): boolean {
    const arrival = this.broker.underWay.shift();
    if (arrival !== undefined) this.fanout.received(channel, arrival.bytes, arrival.position);
    return arrival?.position === null;
  }

  #rulesFor(counters: Counters): TabRules {
    const { fanout, hub } = this;
    const slowTabs = new SlowTabs({
      ...{ stallTimeout: 1000, maxBackpressure: 100_000, counters, now: () => 0 },
      ...{ tabs: () => hub.tabs() as never, size: () => hub.size },
    });
    return {
      ...{ gateway: 'gw', hub, counters, backend: noBackend, now: () => 1, fanout, slowTabs },
      ...{ memberships: { of: async () => [] }, deadlines: new Deadlines(() => 0) },
      ...{ seats: { take: async () => true, leave: () => {} }, revoker: { covers: () => false } },
      rateLimits: { tooManyGroups: () => undefined, exceeded: () => undefined, told: () => {} },
      verifier: { verify: async (token: string) => ({ identity: JSON.parse(token) as Identity }) },
      log: { warn: assert.fail, error: assert.fail },
    } as unknown as TabRules;
  }
}

/** @param groups those that the token names @param join those that it permits */
export function identityOf(user: string, groups: string[] = [], join: string[] = ['*']): Identity {
  return {
    ...{ user, session: null, groups, join },
    ...{ expires: null, issued: null, tokenId: null },
  };
}
