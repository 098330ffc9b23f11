import {
  encodeJson,
  type Former,
  type Frame,
  groupChannel,
  type Positions,
  userChannel,
} from '@tabcast/shared';
import { encodeMsgpack } from '@tabcast/shared/msgpack';
import type { Identity } from '../auth/identity.js';
import type { TabView } from '../backend/backend.js';
import type { MembershipChange } from '../cluster/memberships.js';
import { type Encoding, ReplaceableFrame, type SharedFrame } from '../fanout/frame.js';
import type { ResumingTab } from '../fanout/resumption.js';
import type { Allowance } from '../limits/allowance.js';
import type { Close, Connection, SocketTab } from './connection.js';
import type { Due } from './deadlines.js';
import type { LimitedTab } from './rate-limits.js';
import type { TabRules } from './rules.js';

/** Frames that a tab may send before its welcome. They wait, so that their answers cannot be missed. */
const maxEarlyFrames = 32;

/** Malformed frames in a row that close the connection. */
export const maxMalformed = 3;

/** From here on, in bytes that wait in this process, a tab has to read before it gets more of what it has missed. */
const muchWaiting = 32_768;

/**
 * `resuming` until a client that wants that has said where it stood, `proving` until a token has arrived, `joining` until the
 * broker has confirmed all channels, `open` from the welcome on, `closed` for good.
 */
export type TabState = 'resuming' | 'proving' | 'joining' | 'open' | 'closed';

const noGroups: ReadonlySet<string> = new Set();

/** One client connection: who it is, where it stands, and the way to its client. What frames do is in dispatch.ts. */
export class Tab implements ResumingTab, TabView, Due, SocketTab, LimitedTab {
  readonly connection: string;
  readonly socket: Connection;
  readonly rules: TabRules;
  state: TabState = 'proving';
  /** Null for an anonymous tab, and while proving. */
  identity: Identity | null = null;
  /** Groups that the tab is in. */
  groups: ReadonlySet<string> = noGroups;
  /** Of these groups those that the backend has put it into: it stays in them whatever a new token says. */
  placed: ReadonlySet<string> = noGroups;
  /** Where its client stood before, by channel, until the welcome; undefined where it resumes nothing. */
  resumeFrom: Positions | undefined;
  /** Who it was there, as far as its client has said so; undefined where it goes on from nothing. */
  former: Former | undefined;
  /** When it was welcomed, in ms since the epoch; 0 until then. */
  since = 0;
  /** When its client last sent a frame other than a ping, in ms since the epoch; when it connected, if never. */
  heard: number;
  /** What the backend wants with groups, while the tab finds out what it has wanted before. */
  #changes: Map<string, MembershipChange> | undefined;
  allowance: Allowance | undefined;
  #deadline: number | undefined;
  #expiryTold = false;
  #early: Frame[] | undefined;
  #begin: (() => void) | undefined;
  #drained: (() => void) | undefined;
  #malformed = 0;

  constructor(connection: string, socket: Connection, rules: TabRules) {
    this.connection = connection;
    this.socket = socket;
    this.rules = rules;
    this.heard = rules.now();
    rules.counters.tabsOpened++;
    rules.hub.add(this);
  }

  get encoding(): Encoding {
    return this.socket.encoding;
  }

  /** How many tabs go when this one has to leave; a shared socket has more. */
  get tabCount(): number {
    return 1;
  }

  get session(): string | null {
    return this.identity?.session ?? null;
  }

  /** Every channel that this tab is in, by what it is and by its groups. */
  channels(): string[] {
    if (this.identity === null) return ['all'];
    return ['all', 'registered', userChannel(this.identity.user), ...[...this.groups].map(groupChannel)];
  }

  /** Takes on what a token proved; null makes an anonymous tab. Channels and the deadline are the caller's business. */
  adopt(identity: Identity | null, groups: ReadonlySet<string>): void {
    this.identity = identity;
    this.groups = groups.size === 0 ? noGroups : groups;
  }

  /** Lets go of channels: nothing of them is written any more. Its groups are the caller's business. */
  leave(channels: readonly string[]): void {
    const { fanout, slowTabs } = this.rules;
    fanout.leave(this, channels);
    for (const channel of channels) slowTabs.left(this, channel);
  }

  /** Forgets that it is in a group. The channel is the caller's business. */
  dropGroup(group: string): void {
    this.groups = without(this.groups, group);
    this.placed = without(this.placed, group);
  }

  /** From now on `keepChange` keeps. */
  awaitChanges(): void {
    this.#changes = new Map();
  }

  /** Keeps a change of membership for `takeChanges`, the last one of each group; says whether it did. */
  keepChange(group: string, change: MembershipChange): boolean {
    return this.#changes?.set(group, change) !== undefined;
  }

  /** Hands out the changes that were kept. From now on none are. */
  takeChanges(): Iterable<[string, MembershipChange]> {
    const changes = this.#changes ?? [];
    this.#changes = undefined;
    return changes;
  }

  /** Watches the expiry of the present identity. Until the welcome nobody does: nothing may come before that. */
  watchExpiry(): void {
    this.#expiryTold = false;
    this.wakeAt(this.identity?.expires ?? undefined);
  }

  /** Sends one frame to this tab alone. */
  send(frame: Frame): void {
    this.socket.write(this.encoding === 'msgpack' ? encodeMsgpack(frame) : encodeJson(frame));
  }

  /** Sends a frame as the reply to `cause`, whose `id` it carries where there is one. */
  reply(cause: Frame, action: string, details: unknown[]): void {
    this.send(cause.id === undefined ? { action, details } : { action, details, re: cause.id });
  }

  /** Replies `<action>:error`. */
  refuse(cause: Frame, code: number, message: string): void {
    this.reply(cause, `${cause.action}:error`, [code, message]);
  }

  deliver(frame: SharedFrame): void {
    if (this.state !== 'open') return;
    if (frame instanceof ReplaceableFrame) this.rules.slowTabs.deliver(this, frame);
    else this.socket.write(frame.in(this.encoding));
  }

  drained(): void {
    this.rules.slowTabs.drained(this);
    this.#goOn();
  }

  get capacity(): number {
    return this.rules.slowTabs.capacity(this);
  }

  whenDrained(): Promise<void> | undefined {
    if (this.state === 'closed' || this.socket.waiting < muchWaiting) return undefined;
    const before = this.#drained;
    return new Promise((resolve) => {
      this.#drained = () => {
        before?.();
        resolve();
      };
    });
  }

  /** Does nothing until the client has said where it stood, and then begins. */
  awaitResume(begin: () => void): void {
    this.state = 'resuming';
    this.#begin = begin;
  }

  /** The client has said it, or is not waited for any more. */
  beginResumed(): void {
    this.state = 'proving';
    const begin = this.#begin;
    this.#begin = undefined;
    begin?.();
  }

  subscribe(topic: string): void {
    this.socket.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.socket.unsubscribe(topic);
  }

  /** Replaces the one deadline of this tab (ms since the epoch); undefined clears it. */
  wakeAt(time: number | undefined): void {
    const { deadlines } = this.rules;
    if (this.#deadline !== undefined) deadlines.cancel(this.#deadline, this);
    this.#deadline = time === undefined ? undefined : deadlines.set(time, this);
  }

  /** The deadline has come: nothing was said of where the client stood, no token in time, or an expired one. */
  due(): void {
    this.#deadline = undefined;
    // A token that came with the handshake is none the worse for a frame that is late.
    if (this.state === 'resuming') {
      this.beginResumed();
      return;
    }
    const expires = this.identity?.expires;
    if (expires == null) this.socket.close(4408);
    else if (this.#expiryTold) this.socket.close(4002);
    else this.#tellExpiry(expires);
  }

  /** Keeps a frame that came before the welcome. */
  keepEarly(frame: Frame): void {
    this.#early ??= [];
    if (this.#early.length >= maxEarlyFrames) this.socket.close(4429);
    else this.#early.push(frame);
  }

  /** Hands out the frames that came before the welcome. */
  takeEarly(): Frame[] {
    const early = this.#early ?? [];
    this.#early = undefined;
    return early;
  }

  /**
   * Notes that a frame with this action has come, or one that could not be read: several of these in a row close the
   * connection.
   */
  noteFrame(action: string | undefined): void {
    // Clients ping by themselves, also where nobody has looked at the page for days.
    if (action !== 'sys/ping') this.heard = this.rules.now();
    this.#malformed = action === undefined ? this.#malformed + 1 : 0;
    if (this.#malformed >= maxMalformed) this.socket.close(4400);
  }

  /** The socket has closed; nothing can be sent any more. */
  gone(close: Close): void {
    if (this.state === 'closed') return;
    const { backend, counters, slowTabs, fanout, hub, online, seats } = this.rules;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    counters.tabsClosed[close.reason]++;
    this.wakeAt(undefined);
    this.#goOn();
    slowTabs.forget(this);
    hub.remove(this);
    fanout.forget(this, this.channels());
    if (this.identity !== null) {
      seats.leave(this.identity.user, this.connection);
      online?.went(this.identity.user);
    }
    if (wasOpen) backend.disconnected(this, close);
  }

  /** Something went wrong that is nobody's fault but ours. */
  fail(error: unknown): void {
    this.rules.log.error({ err: error, connection: this.connection }, 'a tab failed');
    this.socket.close(4003);
  }

  #goOn(): void {
    const goOn = this.#drained;
    this.#drained = undefined;
    goOn?.();
  }

  #tellExpiry(expires: number): void {
    const { now, tokenGrace } = this.rules;
    const closesIn = Math.max(0, expires + tokenGrace - now());
    this.#expiryTold = true;
    this.send({ action: 'sys/expired', details: [{ closesIn }] });
    this.wakeAt(now() + closesIn);
  }
}

function without(groups: ReadonlySet<string>, group: string): ReadonlySet<string> {
  return groups.has(group) ? new Set([...groups].filter((other) => other !== group)) : groups;
}
