import { createHash, randomBytes } from 'node:crypto';
import { gatewayOf, type Positions, type Target, targetChannels } from '@tabcast/shared';
import type { Broker, HistoryEntry, Published } from '../broker/broker.js';
import { decodeEnvelope, encodeEnvelope, type Filter, isOrder } from '../broker/envelope.js';
import type { Logger } from '../log.js';
import { type Counters, kindOf } from '../metrics/counters.js';
import { CatchUp } from './catch-up.js';
import { Delivery, type LocalBus } from './delivery.js';
import type { Hub, HubTab, Members } from './hub.js';
import type { KeepFor } from './keep.js';
import type { Once } from './once.js';
import { type ResumingTab, Resumption, type ResumptionParts, type Standing } from './resumption.js';
import type { Sample } from './sample.js';
import { Sequence } from './sequence.js';
import { SharedReads } from './shared-reads.js';
import { topicOf } from './topic.js';

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
  /** Keeps it out of the history of its channels. */
  readonly history?: false;
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
  readonly keepFor: KeepFor;
  /** Is ticked by whoever made it. */
  readonly sample: Sample;
  readonly log: Pick<Logger, 'error'>;
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
  readonly #delivery: Delivery;
  readonly #catchUp: CatchUp;
  readonly #resumptions: ResumptionParts;
  /** The channel on which this gateway hears what is meant for one of its connections. */
  readonly ownChannel: string;

  constructor(parts: FanoutParts) {
    this.#parts = parts;
    this.#delivery = new Delivery(parts);
    this.#catchUp = new CatchUp({
      ...parts,
      deliver: (channel, { bytes, position }) => this.#deliver(channel, bytes, position),
      announceGap: (channel, position) => this.#delivery.announceGap(channel, position),
    });
    this.#resumptions = {
      ...parts,
      broker: new SharedReads(parts.broker),
      catchUp: this.#catchUp,
      deliver: (tab, channel, entry) => this.#deliverTo(tab, channel, entry),
      announceGap: (tab, channel, position) => this.#delivery.announceGapTo(tab, channel, position),
      join: (tab, channel) => void this.#join(tab, channel),
    };
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
      const keep = send.history === false ? undefined : this.#parts.keepFor(kindOf(channel));
      receipt[name] = receiptLine(await this.#parts.broker.publish({ channel, bytes, idempotencyKey, keep }));
    };
    // Nearly every send has one route, and most of the cost of sending is garbage, promises above all.
    if (routes.length === 1) await publish(routes[0]!);
    else await Promise.all(routes.map(publish));
    return receipt;
  }

  /**
   * A publication from the broker, or an order. `bytes` is ours only during the call.
   * @param position null for what is not kept
   */
  received(channel: string, bytes: Uint8Array, position: string | null): void {
    const members = this.#parts.hub.members(channel);
    const sequence = members?.sequence;
    if (sequence === undefined) this.#deliver(channel, bytes, null);
    // An order is no part of what the tabs get, and whoever asks something waits for the answer.
    else if (isOrder(bytes)) this.#receivedOther(channel, bytes, null);
    else {
      const verdict = sequence.take(bytes, position);
      if (verdict === 'next') this.#deliver(channel, bytes, position);
      else if (verdict === 'gap') this.#catchUp.want(channel, members!);
    }
  }

  /** The broker is live: what was published meanwhile is read from history. */
  brokerBack(): void {
    this.#catchUp.brokerBack();
  }

  /** To be called once a second, for channels of which nothing is heard. */
  tick(): void {
    this.#catchUp.tick();
  }

  /**
   * Puts a tab into channels. Resolves once everything that is published to them from then on reaches this gateway;
   * the tab then still has to `listen`.
   */
  async enter(tab: HubTab, channels: readonly string[]): Promise<void> {
    const { hub } = this.#parts;
    for (const channel of channels) this.#count(hub.enter(channel, tab));
    await Promise.all(channels.map((channel) => this.#ready(channel)));
  }

  /**
   * Lets a tab take part in the fan-out of those of the channels that it is (still) in, and that are not to be resumed: these
   * it joins by `follow` of the resumption, which has to be called in the same tick.
   * @returns where it stands in those with history: what comes after that reaches it; undefined where there are none
   */
  listen(tab: HubTab, channels: readonly string[], resumption?: Resumption): Standing | undefined {
    const { hub } = this.#parts;
    let positions: Record<string, string> | undefined;
    for (const channel of channels) {
      const isFollowing = hub.members(channel)?.following?.has(tab) || resumption?.covers(channel);
      const position = isFollowing ? undefined : this.#join(tab, channel);
      if (position === undefined) continue;
      positions ??= {};
      positions[channel] = position;
    }
    if (resumption === undefined) return positions && { positions };
    const resumed = resumption.standing();
    return { ...resumed, positions: { ...positions, ...resumed.positions } };
  }

  /**
   * Begins to give a tab what it has missed of channels that it has entered. Resolves when it is known what can be resumed:
   * the tab then still has to `listen`, in the same tick.
   * @param from positions by channel, of those that are to be resumed
   */
  async resume(tab: ResumingTab, channels: readonly string[], from: Positions): Promise<Resumption> {
    const resumption = new Resumption(this.#resumptions, tab, channels, from);
    await resumption.read();
    return resumption;
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

  /** From the first tab on, publications of a channel with history are counted. */
  #count(members: Members): void {
    if (members.sequence !== undefined || members.tabs.size > 0) return;
    if (this.#parts.keepFor(members.kind) !== undefined) members.sequence = new Sequence();
  }

  /** Returns where the channel stands, where that is known. */
  #join(tab: HubTab, channel: string): string | undefined {
    const { hub } = this.#parts;
    if (!hub.listen(channel, tab)) return undefined;
    tab.subscribe(topicOf(channel, tab));
    return hub.members(channel)?.sequence?.position;
  }

  async #ready(channel: string): Promise<void> {
    await this.#parts.broker.subscribe(channel);
    await this.#catchUp.located(channel);
  }

  #deliver(channel: string, bytes: Uint8Array, position: string | null): void {
    const { sample } = this.#parts;
    const envelope = decodeEnvelope(bytes);
    if (envelope === undefined) {
      this.#receivedOther(channel, bytes, position);
      return;
    }
    this.#delivery.deliver(channel, envelope, position);
    if (channel === sample.channel) sample.delivered(bytes);
  }

  /** What was kept by a gateway of a newer version, and cannot be read here, is lost to the tabs here: they are told. */
  #deliverTo(tab: HubTab, channel: string, { bytes, position }: HistoryEntry): void {
    const envelope = decodeEnvelope(bytes);
    if (envelope === undefined) this.#delivery.announceGapTo(tab, channel, position);
    else this.#delivery.deliverTo(tab, channel, envelope, position);
  }

  #receivedOther(channel: string, bytes: Uint8Array, position: string | null): void {
    const { counters, orders } = this.#parts;
    if (isOrder(bytes)) {
      counters.publications[kindOf(channel)]++;
      orders.received(channel, bytes);
      return;
    }
    counters.unreadableEnvelopes++;
    if (position !== null) this.#delivery.announceGap(channel, position);
  }
}

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
