import { kindOf } from '../metrics/counters.js';
import { type HubTab, Members, Stay } from './members.js';

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

  /** The stay of a tab in a channel where it is already, else undefined. */
  stay(channel: string, tab: HubTab): Stay | undefined {
    const members = this.#channels.get(channel);
    if (!members?.tabs.has(tab)) return members?.waiting?.get(tab);
    const stay = new Stay(channel, tab, members);
    stay.listen();
    return stay;
  }

  /** Whether a tab that is in a channel has been told so. */
  isSettled(channel: string, tab: HubTab): boolean {
    const members = this.#channels.get(channel);
    return members?.tabs.has(tab) === true || members?.following?.has(tab) === true;
  }

  /** Puts a tab into a channel that it is not in: there it waits until it may listen. */
  enter(channel: string, tab: HubTab): Stay {
    const members = this.#channels.get(channel) ?? this.#newMembers(channel);
    const stay = new Stay(channel, tab, members);
    members.waiting ??= new Map();
    members.waiting.set(tab, stay);
    return stay;
  }

  /** Lets a tab that waits in a channel listen. Says whether it listens now, which it does not when it has left. */
  listen(stay: Stay): boolean {
    const { members, tab } = stay;
    if (!stay.pends) return stay.lasts;
    members.removeWaiting(tab);
    members.tabs.add(tab);
    members.count(tab.encoding, 1);
    stay.listen();
    return true;
  }

  /** Takes a tab out of a channel and says whether it was the last one there. */
  exit(channel: string, tab: HubTab): boolean {
    const members = this.#channels.get(channel);
    if (members === undefined) return false;
    if (members.tabs.delete(tab)) members.count(tab.encoding, -1);
    else {
      const stay = members.removeWaiting(tab);
      if (stay === undefined) return false;
      stay.end();
    }
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
