import type { Identity } from '../auth/identity.js';
import { type ChannelKind, kindOf } from '../metrics/counters.js';
import type { Encoding, SharedFrame } from './frame.js';
import type { Sequence } from './sequence.js';
import { SmallSet } from './small-set.js';

/** What hub and fan-out need to know of a tab. */
export interface HubTab {
  /** Id of the connection. */
  readonly connection: string;
  /** The connection that it goes on from, if any. */
  readonly former?: { readonly connection?: string } | undefined;
  readonly encoding: Encoding;
  /** Who it belongs to; null for an anonymous tab. */
  readonly identity: Identity | null;
  /** Login session of its user; null where there is none. */
  readonly session: string | null;
  /** Writes one frame to this tab alone. A tab that has gone ignores it. */
  deliver(frame: SharedFrame): void;
  /** Takes part in the socket server's own fan-out of a topic. */
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** The tabs of this gateway in one channel. */
export class Members {
  /** Worked out once, not for every publication. */
  readonly kind: ChannelKind;
  /** Whether a tab that is behind needs only the latest frame of each action. */
  readonly latest: boolean;
  /** Those that take part in its fan-out. */
  readonly tabs = new SmallSet<HubTab>();
  /** How many of them want MessagePack. */
  msgpack = 0;
  /** How many of them share a socket. */
  shared = 0;
  /** Those that have entered, but whose channel the broker has yet to confirm; undefined when there are none. */
  waiting: SmallSet<HubTab> | undefined;
  /** Of those that wait, the ones that are being given what they have missed; undefined when there are none. */
  following: SmallSet<HubTab> | undefined;
  /** Where we stand in it; undefined where it has no history. */
  sequence: Sequence | undefined;

  constructor(kind: ChannelKind, latest: boolean) {
    this.kind = kind;
    this.latest = latest;
  }

  /** Notes that a tab that waits is being given what it has missed. */
  follow(tab: HubTab): void {
    this.following ??= new SmallSet();
    this.following.add(tab);
  }

  /** Takes a tab out of those that wait, and says whether it was among them. */
  removeWaiting(tab: HubTab): boolean {
    const removed = this.waiting?.delete(tab) ?? false;
    this.following?.delete(tab);
    if (this.waiting?.size === 0) this.waiting = undefined;
    if (this.following?.size === 0) this.following = undefined;
    return removed;
  }

  /** Notes that so many more (or less) with an encoding listen. */
  count(encoding: Encoding, difference: 1 | -1): void {
    if (encoding === 'msgpack') this.msgpack += difference;
    else if (encoding === 'shared') this.shared += difference;
  }
}

/** Who is here: every tab of this gateway by connection, and by channel. Says first and last; knows no broker. */
export class Hub {
  readonly #tabs = new Map<string, HubTab>();
  readonly #channels = new Map<string, Members>();
  readonly #latestKinds: readonly string[];
  #users = 0;

  /** @param latestKinds kinds of channels of which a tab that is behind needs only the latest frame of each action */
  constructor(latestKinds: readonly string[] = []) {
    this.#latestKinds = latestKinds;
  }

  /** Tabs on this gateway. */
  get size(): number {
    return this.#tabs.size;
  }

  /** Channels with at least one tab on this gateway. */
  get channels(): number {
    return this.#channels.size;
  }

  /** Users with at least one tab on this gateway. */
  get users(): number {
    return this.#users;
  }

  /** All tabs, in the order of their coming. */
  tabs(): IterableIterator<HubTab> {
    return this.#tabs.values();
  }

  add(tab: HubTab): void {
    this.#tabs.set(tab.connection, tab);
  }

  remove(tab: HubTab): void {
    this.#tabs.delete(tab.connection);
  }

  /** The tab of a connection, or undefined when it is not, or no longer, here. */
  tab(connection: string): HubTab | undefined {
    return this.#tabs.get(connection);
  }

  /** The tabs in a channel, or undefined when there are none. */
  members(channel: string): Members | undefined {
    return this.#channels.get(channel);
  }

  /** Every channel with at least one tab here, and these tabs. */
  byChannel(): IterableIterator<[string, Members]> {
    return this.#channels.entries();
  }

  /** Puts a tab into a channel, where it waits until it may listen. Idempotent. Returns who is there. */
  enter(channel: string, tab: HubTab): Members {
    const members = this.#channels.get(channel) ?? this.#newMembers(channel);
    if (members.tabs.has(tab)) return members;
    members.waiting ??= new SmallSet();
    members.waiting.add(tab);
    return members;
  }

  /** Lets a tab that waits in a channel listen. Says whether it listens now, which it does not when it has left. */
  listen(channel: string, tab: HubTab): boolean {
    const members = this.#channels.get(channel);
    if (members === undefined) return false;
    if (!members.removeWaiting(tab)) return members.tabs.has(tab);
    members.tabs.add(tab);
    members.count(tab.encoding, 1);
    return true;
  }

  /** Takes a tab out of a channel and says whether it was the last one there. */
  exit(channel: string, tab: HubTab): boolean {
    const members = this.#channels.get(channel);
    if (members === undefined) return false;
    if (members.tabs.delete(tab)) members.count(tab.encoding, -1);
    else if (!members.removeWaiting(tab)) return false;
    if (members.tabs.size > 0 || members.waiting !== undefined) return false;
    this.#channels.delete(channel);
    if (members.kind === 'user') this.#users--;
    return true;
  }

  #newMembers(channel: string): Members {
    const kind = kindOf(channel);
    const members = new Members(kind, this.#latestKinds.includes(kind));
    this.#channels.set(channel, members);
    if (kind === 'user') this.#users++;
    return members;
  }
}
