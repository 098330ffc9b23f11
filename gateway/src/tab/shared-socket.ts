import { decodeJson, encodeJson, type Frame, maxTabsPerSocket, type Refused } from '@tabcast/shared';
import type { Identity } from '../auth/identity.js';
import type { Allowance } from '../limits/allowance.js';
import type { Close, Connection, SocketTab } from './connection.js';
import type { Due } from './deadlines.js';
import { receiveFrame, start, startWith, unreadable } from './dispatch.js';
import { Lane } from './lane.js';
import type { LimitedTab } from './rate-limits.js';
import { noteFormer } from './resume.js';
import type { TabRules } from './rules.js';
import { maxMalformed, type Tab } from './tab.js';

/** The places for tabs beside that of the first one, which came with the handshake. */
export interface Room {
  /** Takes one, and says whether there was one. */
  enter(): boolean;
  /** Gives one back. */
  leave(): void;
  /** Says whether a tab may have the place of the first one, which is free again. */
  succeed(): boolean;
}

/** What a shared socket needs besides its connection. */
export interface SharedSocketParts {
  readonly rules: TabRules;
  /** Makes a tab for a lane. */
  readonly newTab: (lane: Connection) => Tab;
  readonly room: Room;
  /** Who comes without a token: null for an anonymous tab, undefined when the token has to follow. */
  readonly withoutToken: Identity | null | undefined;
}

/**
 * A socket that several tabs of one browser share. Each has a lane on it, which is a connection like any other to the tab
 * above it; see docs/protocol.md, "Several tabs on one socket".
 */
export class SharedSocket implements SocketTab, LimitedTab, Due {
  readonly socket: Connection;
  /** When it was opened, in ms since the epoch. */
  readonly since: number;
  allowance: Allowance | undefined;
  readonly #parts: SharedSocketParts;
  readonly #lanes = new Map<number, Lane>();
  /** How many of the lanes are subscribed to each topic. */
  readonly #topics = new Map<string, number>();
  /** The highest number of a tab so far. */
  #highest = 0;
  #malformed = 0;
  #deadline: number | undefined;
  #leaving = false;
  #closed = false;

  constructor(socket: Connection, parts: SharedSocketParts) {
    this.socket = socket;
    this.#parts = parts;
    this.since = parts.rules.now();
    this.#awaitTab();
  }

  get state(): 'open' | 'closed' {
    return this.#closed ? 'closed' : 'open';
  }

  /** How many tabs it carries. */
  get tabCount(): number {
    return this.#lanes.size;
  }

  /** When one of its tabs was last heard, in ms since the epoch. */
  get heard(): number {
    return Math.max(this.since, ...[...this.#lanes.values()].map(({ tab }) => tab.heard));
  }

  /** Tells every tab that the socket is to be closed. From now on it takes no more of them: they had to move at once. */
  send(hint: Frame): void {
    this.#leaving = true;
    for (const { tab } of this.#lanes.values()) if (tab.state === 'open') tab.send(hint);
  }

  /**
   * A message has arrived.
   * @param bytes length of what came
   */
  receive(data: string | Uint8Array, bytes: number): void {
    if (this.#closed) return;
    const frame: Frame | Refused =
      typeof data === 'string' ? decodeJson(data) : { refused: 'expected a text frame with JSON' };
    const lane = frame.tab === undefined ? undefined : this.#lanes.get(frame.tab);
    if (lane === undefined || has(frame, 'sys/open')) this.#receiveOwn(frame, bytes);
    else {
      this.#malformed = 0;
      if (has(frame, 'sys/close')) this.#closeLane(lane, frame);
      else receiveFrame(lane.tab, frame, bytes);
    }
  }

  drained(): void {
    for (const { tab } of this.#lanes.values()) tab.drained();
  }

  /** The socket has closed, and with it every lane. */
  gone(close: Close): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeAt(undefined);
    for (const lane of this.#lanes.values()) lane.gone(close);
  }

  /** It has carried no tab for too long. */
  due(): void {
    this.#deadline = undefined;
    this.socket.close(4408);
  }

  subscribe(topic: string): void {
    const count = this.#topics.get(topic) ?? 0;
    if (count === 0) this.socket.subscribe(topic);
    this.#topics.set(topic, count + 1);
  }

  unsubscribe(topic: string): void {
    const count = this.#topics.get(topic)! - 1;
    if (count > 0) this.#topics.set(topic, count);
    else {
      this.#topics.delete(topic);
      this.socket.unsubscribe(topic);
    }
  }

  left({ number }: Lane): void {
    // One that was turned away never had a place.
    if (!this.#lanes.delete(number)) return;
    // The last one leaves its place to whoever comes next: the socket takes up one in any case.
    if (this.#lanes.size > 0) this.#parts.room.leave();
    else if (!this.#closed) this.#awaitTab();
  }

  /** A frame that no lane can take: it opens one, comes late, or is wrong. */
  #receiveOwn(frame: Frame | Refused, bytes: number): void {
    const { rateLimits } = this.#parts.rules;
    const tooMuch = rateLimits.exceeded(this, 'messages', 1) ?? rateLimits.exceeded(this, 'bytes', bytes);
    const mistake = this.#mistakeIn(frame);
    if (mistake === undefined && has(frame, 'sys/open')) this.#open(frame, tooMuch === undefined);
    else if (tooMuch !== undefined) this.#refuse(429, tooMuch);
    else this.#note(mistake);
    if (tooMuch !== undefined) rateLimits.told(this);
  }

  /** What is wrong with a frame that no lane can take; undefined also where it is for a lane that has closed. */
  #mistakeIn(frame: Frame | Refused): string | undefined {
    const isNew = frame.tab !== undefined && frame.tab > this.#highest;
    if ('refused' in frame) return frame.tab === undefined || isNew ? frame.refused : undefined;
    if (frame.action === 'sys/open')
      return isNew ? undefined : 'tab: expected a whole number, from 1 and higher than all before';
    return frame.tab === undefined || isNew ? 'tab: expected the number of a tab that was opened' : undefined;
  }

  /** Answers a mistake; several in a row close the socket. */
  #note(mistake: string | undefined): void {
    if (mistake === undefined) {
      this.#malformed = 0;
      return;
    }
    this.#malformed++;
    this.#parts.rules.counters.framesReceived.malformed++;
    this.#refuse(400, mistake);
    if (this.#malformed >= maxMalformed) this.socket.close(4400);
  }

  #refuse(code: number, sentence: string): void {
    this.socket.write(encodeJson({ action: `${unreadable.action}:error`, details: [code, sentence] }));
  }

  #open(frame: Frame, mayOpen: boolean): void {
    const { newTab, rules } = this.#parts;
    const isAdmitted = mayOpen && this.#enter();
    const lane = new Lane(frame.tab!, this);
    lane.tab = newTab(lane);
    rules.counters.framesReceived.system++;
    [this.#highest, this.#malformed] = [lane.number, 0];
    if (!isAdmitted) {
      lane.close(4010);
      return;
    }
    this.#lanes.set(lane.number, lane);
    this.#wakeAt(undefined);
    this.#start(lane, frame);
  }

  #start(lane: Lane, frame: Frame): void {
    const [token, ...standing] = frame.details;
    const wrong = standing[0] === undefined ? undefined : noteFormer(lane.tab, standing);
    if (wrong !== undefined) {
      lane.tab.refuse(frame, 400, wrong);
      lane.close(4400);
      return;
    }
    if (token === undefined || token === null) start(lane.tab, this.#parts.withoutToken);
    else startWith(lane.tab, { ...frame, action: 'sys/auth' });
  }

  /** Takes a place for one more tab, and says whether there was one. */
  #enter(): boolean {
    const { room } = this.#parts;
    if (this.#leaving || this.#lanes.size >= maxTabsPerSocket) return false;
    // The handshake was for the first one.
    if (this.#highest === 0) return true;
    return this.#lanes.size === 0 ? room.succeed() : room.enter();
  }

  /** The client wants a lane closed. */
  #closeLane(lane: Lane, { details: [code] }: Frame): void {
    this.#parts.rules.counters.framesReceived.system++;
    lane.gone({ code: isCloseCode(code) ? code : noCode, reason: 'client' });
  }

  #awaitTab(): void {
    const { authTimeout, now } = this.#parts.rules;
    this.#wakeAt(now() + authTimeout);
  }

  #wakeAt(time: number | undefined): void {
    const { deadlines } = this.#parts.rules;
    if (this.#deadline !== undefined) deadlines.cancel(this.#deadline, this);
    this.#deadline = time === undefined ? undefined : deadlines.set(time, this);
  }
}

function has(frame: Frame | Refused, action: string): frame is Frame {
  return 'action' in frame && frame.action === action;
}

/** Stands for a code where the client has given none (RFC 6455 §7.1.5). */
const noCode = 1005;

/** Whether a client may close with it (RFC 6455 §7.4; WHATWG WebSockets). */
function isCloseCode(code: unknown): code is number {
  return code === 1000 || (Number.isInteger(code) && (code as number) >= 3000 && (code as number) <= 4999);
}
