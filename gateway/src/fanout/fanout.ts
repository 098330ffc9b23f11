import type { Positions, Target } from '@tabcast/shared';
import type { Broker, HistoryEntry, Published } from '../broker/broker.js';
import { decodeEnvelope, encodeEnvelope, isOrder } from '../broker/envelope.js';
import type { Logger } from '../log.js';
import { type Counters, kindOf } from '../metrics/counters.js';
import { CatchUp } from './catch-up.js';
import { Delivery, type LocalBus } from './delivery.js';
import type { Hub } from './hub.js';
import type { KeepFor } from './keep.js';
import type { HubTab, Members, Standing, Stay } from './members.js';
import type { Once } from './once.js';
import { gatewayChannel, planSend, type Route } from './plan.js';
import { type ResumingTab, Resumption, type ResumptionParts } from './resumption.js';
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
      join: (stay) => void this.#join(stay),
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
    const { routes, filter } = planSend(send.to, send.idempotencyKey);
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
   * Puts a tab into channels. Resolves once everything that is published to them from then on reaches this gateway: the tab
   * then still has to `listen`, unless it has left. Where it is already, this resolves when it has been told so.
   */
  enter(tab: HubTab, channels: readonly string[]): Promise<Stay[]> {
    return Promise.all(channels.map((channel) => this.#enter(tab, channel)));
  }

  /**
   * Lets a tab take part in the fan-out of those of the channels that it is (still) in, and that are not to be resumed: these
   * it joins by `follow` of the resumption, which has to be called in the same tick.
   * @returns where it stands in those with history: what comes after that reaches it; undefined where there are none
   */
  listen(stays: readonly Stay[], resumption?: Resumption): Standing | undefined {
    let positions: Record<string, string> | undefined;
    resumption?.decide();
    for (const stay of stays) {
      const position = resumption?.covers(stay.channel) ? undefined : this.#join(stay);
      if (position === undefined) continue;
      positions ??= {};
      positions[stay.channel] = position;
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
  async resume(tab: ResumingTab, stays: readonly Stay[], from: Positions): Promise<Resumption> {
    const resumption = new Resumption(this.#resumptions, tab, stays, from);
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

  async #enter(tab: HubTab, channel: string): Promise<Stay> {
    const { broker, hub } = this.#parts;
    const known = hub.stay(channel, tab);
    if (known !== undefined) {
      await known.settled();
      return known;
    }
    const stay = hub.enter(channel, tab);
    this.#count(stay.members);
    await broker.subscribe(channel);
    // Where it has left, nothing was confirmed, and others may wait for that.
    if (stay.lasts) await this.#catchUp.located(channel);
    return stay;
  }

  /** Returns where the channel stands, where that is known. */
  #join(stay: Stay): string | undefined {
    const { channel, members, tab } = stay;
    if (!this.#parts.hub.listen(stay)) return undefined;
    tab.subscribe(topicOf(channel, tab));
    return members.sequence?.position;
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

function receiptLine({ gateways, position }: Published): { gateways: number; position?: string } {
  return position === null ? { gateways } : { gateways, position };
}
