import { compareWithLast, type Positions, parsePosition } from '@tabcast/shared';
import type { Identity } from '../auth/identity.js';
import type { ChannelKind } from '../metrics/counters.js';
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
  /** The stays of those that have entered, but do not listen yet; undefined when there are none. */
  waiting: Map<HubTab, Stay> | undefined;
  /** Of those that wait, the ones that are being given what they have missed; undefined when there are none. */
  following: SmallSet<HubTab> | undefined;
  /** Where we stand in it; undefined where it has no history. */
  sequence: Sequence | undefined;

  constructor(kind: ChannelKind, latest: boolean) {
    this.kind = kind;
    this.latest = latest;
  }

  /** Everyone who is there, also those that do not listen yet. */
  all(): HubTab[] {
    return [...this.tabs, ...(this.waiting?.keys() ?? [])];
  }

  /** Notes that a tab that waits is being given what it has missed. */
  follow(tab: HubTab): void {
    this.following ??= new SmallSet();
    this.following.add(tab);
  }

  /** Takes a tab out of those that wait; returns its stay, or undefined when it was not among them. */
  removeWaiting(tab: HubTab): Stay | undefined {
    const stay = this.waiting?.get(tab);
    this.waiting?.delete(tab);
    this.following?.delete(tab);
    if (this.waiting?.size === 0) this.waiting = undefined;
    if (this.following?.size === 0) this.following = undefined;
    return stay;
  }

  /** Notes that so many more (or less) with an encoding listen. */
  count(encoding: Encoding, difference: 1 | -1): void {
    if (encoding === 'msgpack') this.msgpack += difference;
    else if (encoding === 'shared') this.shared += difference;
  }
}

/** Where a tab stands in channels that it has entered. */
export interface Standing {
  readonly positions: Positions;
  /** Of the channels that were to be resumed. */
  readonly recovered?: Readonly<Record<string, boolean>>;
}

/**
 * One stay of a tab in a channel, from its entering on. A tab may leave and come back while somebody waits for the broker: so
 * who waits holds the stay, and asks it afterwards whether it `lasts`. Of the stays of tabs that listen nothing is kept.
 */
export class Stay {
  readonly channel: string;
  readonly tab: HubTab;
  readonly members: Members;
  #state: 'waiting' | 'following' | 'listening' | 'left' = 'waiting';
  /** From here on everything reaches the tab; undefined while it waits, and where there is no history. */
  #start: string | undefined;
  /** How far a tab that follows is. */
  #progress: { readonly reached: string } | undefined;
  #settling: (() => void)[] | undefined;

  constructor(channel: string, tab: HubTab, members: Members) {
    this.channel = channel;
    this.tab = tab;
    this.members = members;
  }

  /** Whether the tab has not been told yet that it is there. */
  get waits(): boolean {
    return this.#state === 'waiting';
  }

  /** Whether the tab still has to be let in, now or when it has what it missed. */
  get pends(): boolean {
    return this.#state === 'waiting' || this.#state === 'following';
  }

  /** Whether the tab has not left since. */
  get lasts(): boolean {
    return this.#state === 'listening' ? this.members.tabs.has(this.tab) : this.#state !== 'left';
  }

  /** Undefined where the tab does not wait; else resolves when it has been told that it is there, or has left. */
  settled(): Promise<void> | undefined {
    if (!this.waits) return undefined;
    return new Promise((resolve) => {
      this.#settling ??= [];
      this.#settling.push(resolve);
    });
  }

  /** The tab is being given what it has missed. @param progress up to where it has everything, at any time */
  follow(progress: { readonly reached: string }): void {
    this.#start = progress.reached;
    this.#progress = progress;
    this.members.follow(this.tab);
    this.#become('following');
  }

  /** The tab listens. */
  listen(): void {
    this.#start ??= this.members.sequence?.position;
    this.#progress = undefined;
    this.#become('listening');
  }

  /** The tab has left. */
  end(): void {
    this.#become('left');
  }

  /**
   * Where the tab stands that is there already; undefined where there is no history.
   * @param from where its client says that it stands: recovered if nothing of what came after that is, or will be, left out
   */
  standing(from?: string): Standing | undefined {
    const { channel } = this;
    const position = this.#progress?.reached ?? this.members.sequence?.position;
    if (position === undefined) return undefined;
    const positions = { [channel]: position };
    if (from === undefined) return { positions };
    return { positions, recovered: { [channel]: isUpTo(from, this.#start!) && isUpTo(position, from) } };
  }

  #become(state: 'following' | 'listening' | 'left'): void {
    this.#state = state;
    const settling = this.#settling ?? [];
    this.#settling = undefined;
    for (const resolve of settling) resolve();
  }
}

/** Whether a position is not after another one of the same epoch. */
export function isUpTo(last: string, position: string): boolean {
  return compareWithLast(parsePosition(last)!, parsePosition(position)!) === 'seen';
}
