import type { Envelope, Filter } from '../broker/envelope.js';
import { type Counters, kindOf } from '../metrics/counters.js';
import { gapFrame, placedFrame, positionFrame, ReplaceableFrame, SharedFrame } from './frame.js';
import type { Hub } from './hub.js';
import type { HubTab, Members } from './members.js';
import type { Once } from './once.js';
import { msgpackTopic, sharedTopic } from './topic.js';

/** The socket server's own fan-out: writes bytes to every tab that is subscribed to a topic. */
export interface LocalBus {
  publish(topic: string, bytes: Uint8Array, binary: boolean): void;
  /** How many sockets are subscribed to a topic. */
  subscribers(topic: string): number;
}

export interface DeliveryParts {
  readonly hub: Hub;
  readonly once: Once;
  readonly bus: LocalBus;
  readonly counters: Counters;
}

/** Where a publication is being delivered. */
interface Place {
  readonly channel: string;
  readonly members: Members;
  /** Null for what is not kept. */
  readonly position: string | null;
}

/** Writes publications to the tabs that they are meant for: by topic where that is everyone, else one by one. */
export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** @param position null for what is not kept, and for channels that are not counted here */
  deliver(channel: string, { filter, frame: json }: Envelope, position: string | null): void {
    const { counters, hub } = this.#parts;
    const members = hub.members(channel);
    counters.publications[members?.kind ?? kindOf(channel)]++;
    // Our own channel never has members. Nor has one that its last tab has just left, and its filter names nobody.
    if (members === undefined) {
      this.#deliverToConnection(filter, new SharedFrame(json));
      return;
    }
    const frame = frameOf(json, channel, members, position);
    const place = { channel, members, position };
    if (members.latest) this.#deliverToSome(members.tabs, filter ?? everyTab, place, frame);
    else if (filter === undefined) {
      this.#deliverToLoneTabs(place, frame);
      if (members.shared > 0) this.#deliverToSharedSockets(place, frame);
    } else if (this.#isForAll(filter, members)) {
      this.#deliverToLoneTabs(place, frame);
      if (members.shared > 0) this.#deliverToLanes(place, frame);
    } else this.#deliverToSome(members.tabs, filter, place, frame);
    // What is not kept they will not find in history.
    if (position === null && members.following !== undefined)
      this.#deliverToSome(members.following, filter ?? everyTab, place, frame);
  }

  /** Writes a publication, or its position, to one tab. */
  deliverTo(tab: HubTab, channel: string, { filter, frame }: Envelope, position: string): void {
    if (this.#isMeant(filter ?? everyTab, tab)) this.#write(tab, placedFrame(frame, channel, position));
    else tab.deliver(positionFrame(channel, position));
  }

  /** Tells every member of a channel that publications before this position are lost. */
  announceGap(channel: string, position: string): void {
    const tabs = this.#parts.hub.members(channel)?.tabs;
    if (tabs === undefined || tabs.size === 0) return;
    this.#parts.counters.countGap(channel);
    const frame = gapFrame(channel, position);
    for (const tab of tabs) tab.deliver(frame);
  }

  /** Tells one tab that it will not get what is missing before this position. */
  announceGapTo(tab: HubTab, channel: string, position: string): void {
    this.#parts.counters.countGap(channel);
    tab.deliver(gapFrame(channel, position));
  }

  #isForAll({ once, session, except }: Filter, { tabs }: Members): boolean {
    if (session !== undefined || except !== undefined || once === undefined) return false;
    return this.#parts.once.allFirst(once, tabs);
  }

  /** To the tabs with a socket of their own. */
  #deliverToLoneTabs({ channel, members }: Place, frame: SharedFrame): void {
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
  #deliverToSharedSockets(place: Place, frame: SharedFrame): void {
    const { bus, counters } = this.#parts;
    const { json } = placed(frame, place);
    const topic = sharedTopic(place.channel);
    counters.countDeliveries(place.members.shared, bus.subscribers(topic) * json.length);
    bus.publish(topic, json, false);
  }

  /** To each tab on a shared socket: which of them another channel of the same send has reached, only we know. */
  #deliverToLanes(place: Place, frame: SharedFrame): void {
    const inPlace = placed(frame, place);
    for (const tab of place.members.tabs) if (tab.encoding === 'shared') this.#write(tab, inPlace);
  }

  /** To the tabs that are meant. The others get the position where there is one, so that their count stays without holes. */
  #deliverToSome(tabs: Iterable<HubTab>, filter: Filter, place: Place, frame: SharedFrame): void {
    const { channel, position } = place;
    let inPlace: SharedFrame | undefined;
    const instead = position === null ? undefined : positionFrame(channel, position);
    for (const tab of tabs) {
      if (tab.encoding === 'shared') inPlace ??= placed(frame, place);
      if (this.#isMeant(filter, tab)) this.#write(tab, tab.encoding === 'shared' ? inPlace! : frame);
      else if (instead !== undefined) tab.deliver(instead);
    }
  }

  #isMeant({ session, except, once }: Filter, tab: HubTab): boolean {
    if (session !== undefined && tab.session !== session) return false;
    if (except !== undefined && (tab.connection === except || tab.former?.connection === except))
      return false;
    return once === undefined || this.#parts.once.first(once, tab);
  }

  #deliverToConnection(filter: Filter | undefined, frame: SharedFrame): void {
    const tab = filter?.connection === undefined ? undefined : this.#parts.hub.tab(filter.connection);
    if (tab !== undefined) this.#write(tab, frame);
  }

  #write(tab: HubTab, frame: SharedFrame): void {
    tab.deliver(frame);
    this.#parts.counters.countDeliveries(1, frame.in(tab.encoding).length);
  }
}

/** Narrows nothing. */
const everyTab: Filter = {};

function frameOf(
  json: Uint8Array,
  channel: string,
  { latest }: Members,
  position: string | null,
): SharedFrame {
  if (latest) return new ReplaceableFrame(json, channel);
  return position === null ? new SharedFrame(json) : placedFrame(json, channel, position);
}

/** A frame with its channel in it, where it is not there already because of its position. */
function placed(frame: SharedFrame, { channel, position }: Place): SharedFrame {
  return position === null ? frame.placed(channel) : frame;
}
