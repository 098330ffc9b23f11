import { parsePosition } from '@tabcast/shared';
import { type Broker, type History, isBrokerFailure } from '../broker/broker.js';
import type { Logger } from '../log.js';
import type { Counters } from '../metrics/counters.js';
import type { Hub } from './hub.js';
import type { Members } from './members.js';
import { type Page, Pages } from './pages.js';
import type { Arrival, Sequence } from './sequence.js';

/** Channels that are read at the same time. */
const concurrency = 64;

/** Within so many seconds each quiet channel is looked at once. Gateways do so at different times, as they started. */
const sweepTime = 30;

export interface CatchUpParts {
  readonly broker: Pick<Broker, 'read'>;
  readonly hub: Hub;
  readonly counters: Pick<Counters, 'catchUps' | 'historyEntries'>;
  readonly log: Pick<Logger, 'error'>;
  /** Gives a publication to the members of a channel. */
  deliver(channel: string, arrival: Arrival): void;
  /** Tells the members of a channel that something is lost, and nothing after this position. */
  announceGap(channel: string, position: string): void;
}

/**
 * Keeps every channel here contiguous: reads from history what a gateway has missed of it, and where it stands when its
 * first tab comes. What cannot be read now is tried again, once a second and when the broker is back.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  /**
   * What is to be read, in this order. By members and not by channel: a channel may have others since, and somebody still
   * wait for the first ones.
   */
  readonly #due = new Map<Members, string>();
  readonly #reading = new Set<Members>();
  /** What could not be read. */
  readonly #failed = new Map<Members, string>();
  /** How that was read. A broker that has not answered in time is down, so the next attempt has to ask for less. */
  readonly #pages = new Map<Members, Pages>();
  /** Who waits for the end of a reading. */
  readonly #waiting = new Map<Members, (() => void)[]>();
  #sweep: Iterator<[string, Members]>;
  /** How many channels the sweep has yet to see. What comes after it began is for the next one, or it might never end. */
  #unseen = 0;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
    this.#sweep = parts.hub.byChannel();
  }

  /** Reads what is missing of a channel. */
  want(channel: string, members: Members): void {
    this.#due.set(members, channel);
    this.#readOn();
  }

  /** Undefined where it is known where a channel stands, or it has no history; else resolves when it is known. */
  located(channel: string): Promise<void> | undefined {
    const members = this.#parts.hub.members(channel);
    const { sequence } = members ?? {};
    if (members === undefined || sequence === undefined || sequence.position !== undefined) return undefined;
    if (!this.#reading.has(members)) this.want(channel, members);
    return this.#readingOf(members);
  }

  /** Resolves when a reading of a channel has succeeded, or nobody here is in it any more. */
  async caughtUp(channel: string): Promise<void> {
    const members = this.#parts.hub.members(channel);
    if (members?.sequence === undefined) return;
    this.want(channel, members);
    await this.#readingOf(members);
  }

  /** The broker is back: something may have been missed of every channel, also since a reading that is under way was answered. */
  brokerBack(): void {
    this.#retry();
    for (const [channel, members] of this.#parts.hub.byChannel())
      if (members.sequence?.position !== undefined || this.#reading.has(members))
        this.#due.set(members, channel);
    this.#readOn();
  }

  /** To be called once a second: tries again what has failed, and looks at some of the quiet channels. */
  tick(): void {
    this.#retry();
    for (let left = Math.ceil(this.#parts.hub.channels / sweepTime); left > 0; left--) this.#lookAtNext();
    this.#readOn();
  }

  #readingOf(members: Members): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(members);
      if (waiting === undefined) this.#waiting.set(members, [resolve]);
      else waiting.push(resolve);
    });
  }

  #beginSweep(): void {
    const { hub } = this.#parts;
    this.#sweep = hub.byChannel();
    this.#unseen = hub.channels;
  }

  #lookAtNext(): void {
    if (this.#unseen === 0) this.#beginSweep();
    const { done, value } = this.#sweep.next();
    this.#unseen = done ? 0 : this.#unseen - 1;
    if (done) return;
    const [channel, members] = value;
    if (members.sequence?.quiet) this.#due.set(members, channel);
    if (members.sequence !== undefined) members.sequence.quiet = true;
  }

  #retry(): void {
    for (const [members, channel] of this.#failed) this.#due.set(members, channel);
    this.#failed.clear();
  }

  #readOn(): void {
    for (const [members, channel] of this.#due) {
      if (this.#reading.size >= concurrency) return;
      if (this.#reading.has(members)) continue;
      this.#due.delete(members);
      void this.#read(channel, members);
    }
  }

  async #read(channel: string, members: Members): Promise<void> {
    this.#reading.add(members);
    this.#failed.delete(members);
    const pages = this.#pages.get(members) ?? new Pages(this.#parts.broker, channel);
    try {
      while (await this.#readPage(channel, members, pages));
      this.#finish(members);
    } catch (error) {
      if (!isBrokerFailure(error)) this.#parts.log.error({ err: error, channel }, 'a channel was not read');
      this.#parts.counters.catchUps.failed++;
      if (this.#isHere(channel, members)) {
        this.#failed.set(members, channel);
        this.#pages.set(members, pages);
      } else this.#finish(members);
    }
    this.#reading.delete(members);
    this.#readOn();
  }

  /** Returns whether there is more to read. */
  async #readPage(channel: string, members: Members, pages: Pages): Promise<boolean> {
    const sequence = members.sequence!;
    const after = sequence.begin();
    const history = await (after === undefined ? this.#locate(channel) : pages.after(after));
    if (!this.#isHere(channel, members)) return false;
    if (after === undefined) sequence.moveTo(history.position);
    else {
      const isLost = !history.complete && !isOvertaken(after, history, sequence);
      if (isLost) this.#skip(channel, sequence, history);
      this.#fill(channel, sequence, history.entries, isLost);
      if (history.isFull) return true;
    }
    this.#release(channel, sequence);
    if (!sequence.settle()) this.#giveUp(channel, sequence);
    return sequence.behind;
  }

  /** Asks where a channel stands, and for nothing of what it has kept. */
  async #locate(channel: string): Promise<Page> {
    const history = await this.#parts.broker.read({ channel, limit: 0 });
    return { ...history, isFull: false };
  }

  #fill(channel: string, sequence: Sequence, entries: History['entries'], isLost: boolean): void {
    const { catchUps, historyEntries } = this.#parts.counters;
    let filled = 0;
    for (const entry of entries) {
      if (!sequence.reach(entry.position)) continue;
      this.#parts.deliver(channel, entry);
      filled++;
    }
    historyEntries.gateway += filled;
    if (isLost) catchUps.lost++;
    else if (filled > 0) catchUps.filled++;
  }

  /** What is lost ends where that begins which is still kept, or has waited here since. */
  #skip(channel: string, sequence: Sequence, history: History): void {
    const kept = beginningOf(history);
    sequence.skipTo(kept);
    this.#parts.announceGap(channel, sequence.position!);
    if (sequence.position === kept) return;
    this.#release(channel, sequence);
    if (!isBefore(sequence.position!, kept)) return;
    sequence.moveTo(kept);
    this.#parts.announceGap(channel, kept);
  }

  /** Something has come that its own history does not know: whoever sent it writes to another one, or to one that has ended. */
  #giveUp(channel: string, sequence: Sequence): void {
    this.#parts.counters.catchUps.lost++;
    this.#parts.announceGap(channel, sequence.position!);
  }

  #release(channel: string, sequence: Sequence): void {
    for (const arrival of sequence.release()) this.#parts.deliver(channel, arrival);
  }

  #isHere(channel: string, members: Members): boolean {
    return this.#parts.hub.members(channel) === members;
  }

  #finish(members: Members): void {
    for (const resolve of this.#waiting.get(members) ?? []) resolve();
    this.#waiting.delete(members);
    this.#pages.delete(members);
  }
}

/** The position before everything that was read. */
function beginningOf({ entries: [first], position }: History): string {
  return first === undefined ? position : positionBefore(first.position);
}

/** Whether all that a history lacks was delivered while it was read. One that stands before where it was read from has lost something. */
function isOvertaken(after: string, history: History, sequence: Sequence): boolean {
  return sequence.hasReached(beginningOf(history)) && !isBefore(history.position, after);
}

function positionBefore(position: string): string {
  const { epoch, offset } = parsePosition(position)!;
  return `${epoch}-${offset - 1}`;
}

/** @param other of the same epoch */
function isBefore(position: string, other: string): boolean {
  return parsePosition(position)!.offset < parsePosition(other)!.offset;
}
