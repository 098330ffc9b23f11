import { createHash, randomBytes } from 'node:crypto';
import { gatewayOf, type Target, targetChannels } from '@tabcast/shared';
import type { Broker, Published } from '../broker/broker.js';
import { decodeEnvelope, encodeEnvelope, type Filter, isOrder } from '../broker/envelope.js';
import { type Counters, kindOf } from '../metrics/counters.js';
import { ReplaceableFrame, SharedFrame } from './frame.js';
import type { Hub, HubTab, Members } from './hub.js';
import type { Once } from './once.js';
import type { Sample } from './sample.js';

/** The socket server's own fan-out: writes bytes to every tab that is subscribed to a topic. */
export interface LocalBus {
  publish(topic: string, bytes: Uint8Array, binary: boolean): void;
  /** How many sockets are subscribed to a topic. */
  subscribers(topic: string): number;
}

/** Takes the envelopes that are not for tabs but for the gateway itself. */
export interface OrderTaker {
  /** `bytes` are the taker's only during the call. */
  received(channel: string, bytes: Uint8Array): void;
}

/** One message for a target, already checked. */
export interface Send {
  readonly to: Target;
  readonly action: string;
  readonly details: readonly unknown[];
  /** Makes a repetition harmless, see Publication.idempotencyKey. */
  readonly idempotencyKey?: string;
}

/** Per channel (or `connection:<id>`): how many gateways it went to, and where it stands in the channel's history. */
export type Receipt = Record<string, { gateways: number; position?: string }>;

export interface FanoutParts {
  /** Id of this gateway. */
  readonly gateway: string;
  readonly broker: Broker;
  readonly hub: Hub;
  readonly once: Once;
  readonly bus: LocalBus;
  readonly orders: OrderTaker;
  readonly counters: Counters;
  /** Is ticked by whoever made it. */
  readonly sample: Sample;
}

/**
 * From a send to the broker, and from the broker to every tab.
 *
 *     send ──► envelope ──► broker ──► (every gateway that is interested, this one too)
 *                                          └─► received ──► one publish per encoding ──► tabs
 *
 * The hub says who is here, the broker what else is out there; this is where they meet: the first tab of a channel
 * makes us want it from the broker, the last one lets it go.
 */
export class Fanout {
  readonly #parts: FanoutParts;
  /** The channel on which this gateway hears what is meant for one of its connections. */
  readonly ownChannel: string;

  constructor(parts: FanoutParts) {
    this.#parts = parts;
    this.ownChannel = gatewayChannel(parts.gateway);
  }

  /**
   * Sends to a target. The receipt says what the broker knows for free; it does not wait for tabs.
   * @throws what Broker.publish throws; a send to several channels may then have reached some of them
   */
  async send(send: Send): Promise<Receipt> {
    const { sample } = this.#parts;
    const begun = sample.wanted ? sample.now() : undefined;
    const frame = Buffer.from(JSON.stringify({ action: send.action, details: send.details }));
    const { routes, filter } = planSend(send);
    const bytes = encodeEnvelope(frame, filter);
    if (begun !== undefined) this.#time(routes, bytes, begun);
    const { idempotencyKey } = send;
    const receipt: Receipt = {};
    const publish = async ({ channel, name }: Route): Promise<void> => {
      receipt[name] = receiptLine(await this.#parts.broker.publish({ channel, bytes, idempotencyKey }));
    };
    // Nearly every send has one route, and most of the cost of sending is garbage, promises above all.
    if (routes.length === 1) await publish(routes[0]!);
    else await Promise.all(routes.map(publish));
    return receipt;
  }

  /** A publication from the broker. `bytes` is ours only during the call. */
  received(channel: string, bytes: Uint8Array): void {
    const { counters, hub } = this.#parts;
    const envelope = decodeEnvelope(bytes);
    if (envelope === undefined) {
      this.#receivedOther(channel, bytes);
      return;
    }
    const { filter } = envelope;
    const members = hub.members(channel);
    const frame = members?.latest
      ? new ReplaceableFrame(envelope.frame, channel)
      : new SharedFrame(envelope.frame);
    counters.publications[members?.kind ?? kindOf(channel)]++;
    // Our own channel never has members. Nor has one that its last tab has just left, and its filter names nobody.
    if (members === undefined) this.#deliverToConnection(filter, frame);
    else if (members.latest) this.#deliverToSome(filter ?? everyTab, channel, members, frame);
    else if (filter === undefined) {
      this.#deliverToLoneTabs(channel, members, frame);
      if (members.shared > 0) this.#deliverToSharedSockets(channel, members, frame);
    } else if (this.#isForAll(filter, members)) {
      this.#deliverToLoneTabs(channel, members, frame);
      if (members.shared > 0) this.#deliverToLanes(channel, members, frame);
    } else this.#deliverToSome(filter, channel, members, frame);
    if (channel === this.#parts.sample.channel) this.#parts.sample.delivered(bytes);
  }

  /**
   * Puts a tab into channels. Resolves once everything that is published to them from then on reaches this gateway;
   * the tab then still has to `listen`.
   */
  async enter(tab: HubTab, channels: readonly string[]): Promise<void> {
    const { broker, hub } = this.#parts;
    for (const channel of channels) hub.enter(channel, tab);
    await Promise.all(channels.map((channel) => broker.subscribe(channel)));
  }

  /** Lets a tab take part in the fan-out of those of the channels that it is (still) in. */
  listen(tab: HubTab, channels: readonly string[]): void {
    const { hub } = this.#parts;
    for (const channel of channels) if (hub.listen(channel, tab)) tab.subscribe(topicOf(channel, tab));
  }

  /** Takes a living tab out of channels. */
  leave(tab: HubTab, channels: readonly string[]): void {
    for (const channel of channels) tab.unsubscribe(topicOf(channel, tab));
    this.forget(tab, channels);
  }

  /** Takes a tab that has gone out of channels; its topics went with the socket. */
  forget(tab: HubTab, channels: readonly string[]): void {
    const { broker, hub } = this.#parts;
    for (const channel of channels) if (hub.exit(channel, tab)) broker.unsubscribe(channel);
  }

  /** Only what a tab here listens to will come back. */
  #time(routes: readonly Route[], bytes: Uint8Array, begun: number): void {
    const { hub, sample } = this.#parts;
    const route = routes.find(({ channel }) => (hub.members(channel)?.tabs.size ?? 0) > 0);
    if (route !== undefined) sample.begin(route.channel, bytes, begun);
  }

  #receivedOther(channel: string, bytes: Uint8Array): void {
    const { counters, orders } = this.#parts;
    if (isOrder(bytes)) {
      counters.publications[kindOf(channel)]++;
      orders.received(channel, bytes);
    } else counters.unreadableEnvelopes++;
  }

  #isForAll(filter: Filter, members: Members): boolean {
    const { once, session, except } = filter;
    if (session !== undefined || except !== undefined || once === undefined) return false;
    return this.#parts.once.allFirst(once, members.tabs);
  }

  /** To the tabs with a socket of their own. */
  #deliverToLoneTabs(channel: string, members: Members, frame: SharedFrame): void {
    const { bus, counters } = this.#parts;
    const json = members.tabs.size - members.msgpack - members.shared;
    if (json > 0) {
      bus.publish(channel, frame.json, false);
      counters.countDeliveries(json, json * frame.json.length);
    }
    if (members.msgpack > 0) {
      bus.publish(msgpackTopic(channel), frame.msgpack, true);
      counters.countDeliveries(members.msgpack, members.msgpack * frame.msgpack.length);
    }
  }

  /** Once to each socket, however many of its tabs are in the channel: who is, its client knows. */
  #deliverToSharedSockets(channel: string, members: Members, frame: SharedFrame): void {
    const { bus, counters } = this.#parts;
    const { json } = frame.placed(channel);
    const topic = sharedTopic(channel);
    counters.countDeliveries(members.shared, bus.subscribers(topic) * json.length);
    bus.publish(topic, json, false);
  }

  /** To each tab on a shared socket: which of them another channel of the same send has reached, only we know. */
  #deliverToLanes(channel: string, members: Members, frame: SharedFrame): void {
    const placed = frame.placed(channel);
    for (const tab of members.tabs) if (tab.encoding === 'shared') this.#deliver(tab, placed);
  }

  #deliverToSome(filter: Filter, channel: string, members: Members, frame: SharedFrame): void {
    const placed = members.shared > 0 ? frame.placed(channel) : frame;
    for (const tab of members.tabs) {
      if (filter.session !== undefined && tab.session !== filter.session) continue;
      if (tab.connection === filter.except) continue;
      if (filter.once !== undefined && !this.#parts.once.first(filter.once, tab)) continue;
      this.#deliver(tab, tab.encoding === 'shared' ? placed : frame);
    }
  }

  #deliverToConnection(filter: Filter | undefined, frame: SharedFrame): void {
    const tab = filter?.connection === undefined ? undefined : this.#parts.hub.tab(filter.connection);
    if (tab !== undefined) this.#deliver(tab, frame);
  }

  #deliver(tab: HubTab, frame: SharedFrame): void {
    tab.deliver(frame);
    this.#parts.counters.countDeliveries(1, frame.in(tab.encoding).length);
  }
}

/** Narrows nothing. */
const everyTab: Filter = {};

/** Where to publish, and what the receipt calls it. */
interface Route {
  readonly channel: string;
  readonly name: string;
}

interface Plan {
  readonly routes: readonly Route[];
  readonly filter: Filter | undefined;
}

function planSend({ to, idempotencyKey }: Send): Plan {
  if (to.connection !== undefined) {
    const channel = gatewayChannel(gatewayOf(to.connection)!);
    return {
      routes: [{ channel, name: `connection:${to.connection}` }],
      filter: { connection: to.connection },
    };
  }
  const channels = targetChannels(to);
  const filter: Filter = {};
  if (to.session !== undefined) filter.session = to.session;
  if (to.except !== undefined) filter.except = to.except;
  if (mayShareTabs(channels)) filter.once = onceId(channels, idempotencyKey);
  return {
    routes: channels.map((channel) => ({ channel, name: channel })),
    filter: Object.keys(filter).length === 0 ? undefined : filter,
  };
}

/** A tab belongs to one user, so channels can share tabs only where a group is among several of them. */
function mayShareTabs(channels: readonly string[]): boolean {
  return channels.length > 1 && channels.some((channel) => channel.startsWith('group:'));
}

/** A repetition under the same key has to be the same bytes, so the id follows from the key where there is one. */
function onceId(channels: readonly string[], idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return randomBytes(9).toString('base64url');
  const hash = createHash('sha256').update(JSON.stringify([idempotencyKey, channels]));
  return hash.digest('base64url').slice(0, 12);
}

function receiptLine({ gateways, position }: Published): { gateways: number; position?: string } {
  return position === null ? { gateways } : { gateways, position };
}

/** The channel on which one gateway alone hears. */
export function gatewayChannel(gateway: string): string {
  return `gateway:${gateway}`;
}

function topicOf(channel: string, tab: HubTab): string {
  if (tab.encoding === 'json') return channel;
  return tab.encoding === 'msgpack' ? msgpackTopic(channel) : sharedTopic(channel);
}

/** No channel begins like this, so the topics of all encodings cannot meet. */
function msgpackTopic(channel: string): string {
  return `msgpack ${channel}`;
}

/** As `msgpackTopic`. */
function sharedTopic(channel: string): string {
  return `shared ${channel}`;
}
