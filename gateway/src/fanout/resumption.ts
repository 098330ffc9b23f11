import type { Positions } from '@tabcast/shared';
import { type Broker, type HistoryEntry, isBrokerFailure } from '../broker/broker.js';
import type { Counters } from '../metrics/counters.js';
import type { CatchUp } from './catch-up.js';
import { type HubTab, isUpTo, type Members, type Standing, type Stay } from './members.js';
import type { Once } from './once.js';
import { Pages } from './pages.js';

/** What the place and the number of the tab add to a frame at most, in bytes, besides the channel. */
const addition = 64;

/** So often in succession what was read may not fit to where the others are when they have caught up. */
const maxMisfits = 20;

/** A tab that may take its time. */
export interface ResumingTab extends HubTab {
  /** How many bytes may be written now at once, so that there is still room for what else comes. */
  readonly capacity: number;
  /** Undefined where more may be written now; else resolves when it may, or when the tab has gone. */
  whenDrained(): Promise<void> | undefined;
}

export interface ResumptionParts {
  readonly broker: Pick<Broker, 'read'>;
  readonly catchUp: CatchUp;
  readonly once: Pick<Once, 'hold' | 'release'>;
  readonly counters: Pick<Counters, 'resumes' | 'historyEntries'>;
  /** Writes one entry of history to one tab. */
  deliver(tab: HubTab, channel: string, entry: HistoryEntry): void;
  /** Tells one tab that something is lost, and nothing after this position. */
  announceGap(tab: HubTab, channel: string, position: string): void;
  /** Lets a tab take part in what is published to a channel. */
  join(stay: Stay): void;
}

/** What one tab has missed of one channel. */
interface Backlog {
  readonly stay: Stay;
  readonly channel: string;
  readonly members: Members;
  readonly pages: Pages;
  /** Up to here the tab has everything. */
  reached: string;
  /** What comes next, as far as it was read. */
  entries: HistoryEntry[];
  /** How often in succession what was read did not fit. */
  misfits: number;
  lost: boolean;
}

/**
 * Gives one tab what it has missed of its channels. It waits in each of them until it has everything that all other tabs
 * here have, and joins them in the tick in which it gets the last of that: nothing is between, and nothing comes twice.
 */
export class Resumption {
  readonly #parts: ResumptionParts;
  readonly #tab: ResumingTab;
  readonly #backlogs: readonly Backlog[];
  /** How many bytes a tab of a shared socket may yet be given at once; undefined until that is asked for. */
  #room: number | undefined;

  /** @param stays of the tab that have just begun; those among them that have history and a position are resumed */
  constructor(parts: ResumptionParts, tab: ResumingTab, stays: readonly Stay[], from: Positions) {
    this.#parts = parts;
    this.#tab = tab;
    this.#backlogs = stays.flatMap((stay) => {
      const { channel, members } = stay;
      if (!stay.waits || members.sequence === undefined || !Object.hasOwn(from, channel)) return [];
      const pages = new Pages(parts.broker, channel);
      return [
        { stay, channel, members, pages, reached: from[channel]!, entries: [], misfits: 0, lost: false },
      ];
    });
  }

  /** Resolves when it is known of every channel whether all that was missed can still be read. */
  async read(): Promise<void> {
    // Who stands where all others here do has missed nothing. In a storm that is most of what there would be to read.
    const behind = this.#backlogs.filter((backlog) => backlog.reached !== positionOf(backlog));
    await Promise.all(behind.map((backlog) => this.#readPage(backlog)));
    if (this.#tab.encoding !== 'shared') return;
    await this.#readAll();
    // What other tabs of the socket have missed may be on it.
    for (let full = this.#whenRoom(); full !== undefined; full = this.#whenRoom()) {
      await full;
      await this.#readAll();
    }
  }

  /**
   * Settles which channels are resumed. To be called in the tick in which the tab is told, before it is asked here: what a tab of a
   * shared socket has missed is written then or never.
   */
  decide(): void {
    if (this.#tab.encoding === 'shared') for (const backlog of this.#backlogs) this.#takeRoom(backlog);
  }

  /** Whether a channel is resumed, so that the tab joins it by `follow`, which has to be called in the same tick. */
  covers(channel: string): boolean {
    return this.#backlogs.some((backlog) => backlog.channel === channel && !backlog.lost);
  }

  /** Where the tab stands in the channels that are resumed, and whether each of those that were to be is. */
  standing(): Standing {
    const covered = this.#backlogs.filter(({ lost }) => !lost);
    return {
      positions: Object.fromEntries(covered.map(({ channel, reached }) => [channel, reached])),
      recovered: Object.fromEntries(this.#backlogs.map(({ channel, lost }) => [channel, !lost])),
    };
  }

  /** Writes what was missed, beginning now. Resolves when the tab has joined everything, or has left. */
  async follow(): Promise<void> {
    const { counters, once } = this.#parts;
    for (const { lost } of this.#backlogs) counters.resumes[lost ? 'lost' : 'recovered']++;
    once.hold(this.#tab);
    try {
      await Promise.all(this.#backlogs.filter(({ lost }) => !lost).map((backlog) => this.#follow(backlog)));
    } finally {
      once.release(this.#tab);
    }
  }

  /**
   * What is published reaches all tabs of a shared socket in one frame, so none of them can be behind the others. However fast the
   * channel goes on, this ends: when there is no more room.
   */
  async #readAll(): Promise<void> {
    for (let behind = this.#behind(); behind.length > 0; behind = this.#behind())
      await Promise.all(behind.map((backlog) => this.#readOn(backlog)));
  }

  /** Undefined where there is room for everything that was missed, or as much as there will be; else resolves when there may be more. */
  #whenRoom(): Promise<void> | undefined {
    const open = this.#backlogs.filter((backlog) => backlog.stay.pends && !backlog.lost);
    const bytes = open.reduce((sum, backlog) => sum + bytesOf(backlog), 0);
    return bytes > this.#tab.capacity ? this.#tab.whenDrained() : undefined;
  }

  /** The others may have gone on since it was read, and other tabs may have filled the socket. */
  #takeRoom(backlog: Backlog): void {
    this.#room ??= this.#tab.capacity;
    const bytes = bytesOf(backlog);
    if (!hasAll(backlog) || bytes > this.#room) backlog.lost = true;
    else this.#room -= bytes;
  }

  async #follow(backlog: Backlog): Promise<void> {
    if (backlog.stay.waits) backlog.stay.follow(backlog);
    while (backlog.stay.pends) {
      const congestion = this.#write(backlog);
      if (congestion !== undefined) await congestion;
      else if (backlog.lost || backlog.reached === positionOf(backlog)) this.#join(backlog);
      else if (backlog.entries.length > 0) await this.#letCatchUp(backlog);
      else await this.#readOn(backlog);
    }
  }

  /** The others are not yet where that begins which was read; or never will be, and another reading says what is lost. */
  async #letCatchUp(backlog: Backlog): Promise<void> {
    await this.#waitForOthers(backlog);
    const [first] = backlog.entries;
    if (first !== undefined && !isUpTo(positionOf(backlog), first.position)) backlog.entries = [];
  }

  /** Writes what all others have, as far as the tab reads it; else says when to go on. */
  #write(backlog: Backlog): Promise<void> | undefined {
    const { channel, entries } = backlog;
    while (entries.length > 0 && isUpTo(positionOf(backlog), entries[0]!.position)) {
      const congestion = this.#tab.encoding === 'shared' ? undefined : this.#tab.whenDrained();
      if (congestion !== undefined) return congestion;
      const entry = entries.shift()!;
      backlog.reached = entry.position;
      backlog.misfits = 0;
      this.#parts.counters.historyEntries.tab++;
      this.#parts.deliver(this.#tab, channel, entry);
    }
    return undefined;
  }

  #join(backlog: Backlog): void {
    const { channel, stay } = backlog;
    if (backlog.lost) this.#parts.announceGap(this.#tab, channel, positionOf(backlog));
    this.#parts.join(stay);
  }

  /** Reads what comes next. Where that is nothing, and yet not where the others are, they are behind. */
  async #readOn(backlog: Backlog): Promise<void> {
    const before = backlog.entries.length;
    await this.#readPage(backlog);
    if (backlog.entries.length > before || backlog.lost || hasAll(backlog)) return;
    await this.#waitForOthers(backlog);
  }

  async #waitForOthers(backlog: Backlog): Promise<void> {
    await this.#parts.catchUp.caughtUp(backlog.channel);
    // A history that contradicts itself would be asked for ever.
    if (++backlog.misfits >= maxMisfits) backlog.lost = true;
  }

  async #readPage(backlog: Backlog): Promise<void> {
    const { channel, entries, pages, reached } = backlog;
    try {
      const history = await pages.after(entries.at(-1)?.position ?? reached);
      if (history.complete) entries.push(...history.entries);
      else backlog.lost = true;
    } catch (error) {
      if (!isBrokerFailure(error)) throw error;
      await this.#parts.catchUp.caughtUp(channel);
      if (backlog.stay.pends) await this.#readPage(backlog);
    }
  }

  /** Those of which there is more to read, and room for it. */
  #behind(): Backlog[] {
    const behind = this.#backlogs.filter(
      (backlog) => backlog.stay.pends && !backlog.lost && !hasAll(backlog),
    );
    return behind.filter((backlog) => bytesOf(backlog) <= this.#tab.capacity);
  }
}

/** Whether what was read goes as far as the other tabs are. */
function hasAll(backlog: Backlog): boolean {
  const position = positionOf(backlog);
  return backlog.reached === position || backlog.entries.some((entry) => entry.position === position);
}

/** What there is to write. */
function bytesOf({ channel, entries }: Backlog): number {
  return entries.reduce((sum, { bytes }) => sum + bytes.length + channel.length + addition, 0);
}

/** Where the other tabs are. */
function positionOf({ members }: Backlog): string {
  return members.sequence!.position!;
}
