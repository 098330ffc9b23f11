import { compareWithLast, type Positions, parsePosition } from '@tabcast/shared';
import { type Broker, type HistoryEntry, isBrokerFailure } from '../broker/broker.js';
import type { Counters } from '../metrics/counters.js';
import type { CatchUp } from './catch-up.js';
import type { HubTab, Members, Standing, Stay } from './members.js';
import type { Once } from './once.js';

/** Entries that are read at a time. */
const page = 100;

/** Most bytes that a tab of a shared socket can have missed of a channel: they are written all at once. */
const maxAtOnce = 131_072;

/** How often a tab of a shared socket may be overtaken by what goes on in a channel, before it is told that it missed something. */
const maxRounds = 20;

/** A tab that may take its time. */
export interface ResumingTab extends HubTab {
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
  /** Up to here the tab has everything. */
  reached: string;
  /** What comes next, as far as it was read. */
  entries: HistoryEntry[];
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

  /** @param stays of the tab that have just begun; those among them that have history and a position are resumed */
  constructor(parts: ResumptionParts, tab: ResumingTab, stays: readonly Stay[], from: Positions) {
    this.#parts = parts;
    this.#tab = tab;
    this.#backlogs = stays.flatMap((stay) => {
      const { channel, members } = stay;
      if (!stay.waits || members.sequence === undefined || !Object.hasOwn(from, channel)) return [];
      return [{ stay, channel, members, reached: from[channel]!, entries: [], lost: false }];
    });
  }

  /** Resolves when it is known of every channel whether all that was missed can still be read. */
  async read(): Promise<void> {
    // Who stands where all others here do has missed nothing. In a storm that is most of what there would be to read.
    const behind = this.#backlogs.filter((backlog) => backlog.reached !== positionOf(backlog));
    await Promise.all(behind.map((backlog) => this.#readPage(backlog)));
    if (this.#tab.encoding === 'shared') await this.#readAll();
    for (const { lost } of this.#backlogs) this.#parts.counters.resumes[lost ? 'lost' : 'recovered']++;
  }

  /** Whether a channel is resumed, so that the tab joins it by `follow`. */
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
    const { once } = this.#parts;
    once.hold(this.#tab);
    try {
      await Promise.all(this.#backlogs.filter(({ lost }) => !lost).map((backlog) => this.#follow(backlog)));
    } finally {
      once.release(this.#tab);
    }
  }

  /** What is published reaches all tabs of a shared socket in one frame, so none of them can be behind the others. */
  async #readAll(): Promise<void> {
    for (let round = 0; round < maxRounds && this.#behind().length > 0; round++)
      await Promise.all(this.#behind().map((backlog) => this.#readOn(backlog)));
    for (const backlog of this.#backlogs)
      if (!hasAll(backlog) || bytesOf(backlog) > maxAtOnce) backlog.lost = true;
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

  /** The others are not yet where that begins which was read; or its epoch has ended, and another reading says what is lost. */
  async #letCatchUp(backlog: Backlog): Promise<void> {
    await this.#parts.catchUp.caughtUp(backlog.channel);
    const [first] = backlog.entries;
    if (first !== undefined && epochOf(first.position) !== epochOf(positionOf(backlog))) backlog.entries = [];
  }

  /** Writes what all others have, as far as the tab reads it; else says when to go on. */
  #write(backlog: Backlog): Promise<void> | undefined {
    const { channel, entries } = backlog;
    while (entries.length > 0 && isUpTo(positionOf(backlog), entries[0]!.position)) {
      const congestion = this.#tab.encoding === 'shared' ? undefined : this.#tab.whenDrained();
      if (congestion !== undefined) return congestion;
      const entry = entries.shift()!;
      backlog.reached = entry.position;
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
    await this.#parts.catchUp.caughtUp(backlog.channel);
  }

  async #readPage(backlog: Backlog): Promise<void> {
    const { channel, entries, reached } = backlog;
    try {
      const after = entries.at(-1)?.position ?? reached;
      const history = await this.#parts.broker.read({ channel, after, limit: page });
      if (history.complete) entries.push(...history.entries);
      else backlog.lost = true;
    } catch (error) {
      if (!isBrokerFailure(error)) throw error;
      await this.#parts.catchUp.caughtUp(channel);
      if (backlog.stay.pends) await this.#readPage(backlog);
    }
  }

  #behind(): Backlog[] {
    return this.#backlogs.filter((backlog) => backlog.stay.pends && !backlog.lost && !hasAll(backlog));
  }
}

/** Whether what was read goes as far as the other tabs are. */
function hasAll(backlog: Backlog): boolean {
  const position = positionOf(backlog);
  return backlog.reached === position || backlog.entries.some((entry) => entry.position === position);
}

function bytesOf({ entries }: Backlog): number {
  return entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Where the other tabs are. */
function positionOf({ members }: Backlog): string {
  return members.sequence!.position!;
}

function epochOf(position: string): string | undefined {
  return parsePosition(position)?.epoch;
}

/** Whether a position is not after another one of the same epoch. */
function isUpTo(last: string, position: string): boolean {
  const [limit, found] = [parsePosition(last), parsePosition(position)];
  return limit !== undefined && found !== undefined && compareWithLast(limit, found) === 'seen';
}
