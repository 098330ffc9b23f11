import type { RosterEntry } from '../broker/registry.js';

/** How much time one sample stands for, in ms. */
export const trendInterval = 5000;

/** How many samples are remembered: 15 minutes of them. */
export const trendLength = 180;

/** Gateways that are remembered although they are gone, at most. Those who left last stay. */
export const maxGone = 50;

/** What one gateway did in one interval. */
export interface Sample {
  readonly tabs: number;
  /** Rates are means over the beats of the interval. */
  readonly framesPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** The worst of the interval, in ms. */
  readonly lag: number;
  /** In bytes. */
  readonly memory: number;
  /** Tabs closed in the interval. */
  readonly closes: number;
}

/** One gateway; `samples` has one place for each of `times`, undefined where nothing was heard of it. */
export interface Trend {
  readonly gateway: string;
  readonly samples: readonly (Sample | undefined)[];
}

/** The last 15 minutes of the cluster, as far as this gateway has seen them. */
export interface TrendsNow {
  /** When each interval began, oldest first, in ms since the epoch. The last one is not over yet. */
  readonly times: readonly number[];
  readonly gateways: readonly Trend[];
  /** Tabs closed by reason, on all gateways. */
  readonly closes: Readonly<Record<string, number>>;
}

/**
 * Remembers what each beat says of everybody's load, so that whoever looks sees at once what has been. Each gateway
 * does so for itself; nothing is kept elsewhere. An interval without a successful beat is a gap.
 */
export class Trends {
  readonly #gateways = new Map<string, History>();
  readonly #closes = new Ring<Map<string, number>>();

  /** @param now a steady clock in ms */
  take(roster: readonly RosterEntry[], now: number): void {
    const interval = intervalOf(now);
    for (const entry of roster) {
      const history = this.#gateways.get(entry.gateway) ?? new History();
      this.#gateways.set(entry.gateway, history);
      this.#countCloses(interval, history.take(interval, entry));
    }
    this.#forget(interval);
  }

  /** @param now the clock of `take`  @param epoch the same moment in ms since the epoch */
  at(now: number, epoch: number): TrendsNow {
    const last = intervalOf(now);
    const begin = Math.round(epoch - (now - last * trendInterval));
    const intervals = Array.from({ length: trendLength }, (_, index) => last - trendLength + 1 + index);
    const trends = [...this.#gateways].map(([gateway, { samples }]) => ({
      gateway,
      samples: intervals.map((interval) => samples.at(interval)),
    }));
    return {
      times: intervals.map((interval) => begin + (interval - last) * trendInterval),
      gateways: trends
        .filter(({ samples }) => samples.some((sample) => sample !== undefined))
        .sort((a, b) => (a.gateway < b.gateway ? -1 : 1)),
      closes: sumOf(intervals.map((interval) => this.#closes.at(interval) ?? new Map())),
    };
  }

  #countCloses(interval: number, closes: ReadonlyMap<string, number>): void {
    const counts = this.#closes.at(interval) ?? new Map<string, number>();
    for (const [reason, count] of closes) counts.set(reason, (counts.get(reason) ?? 0) + count);
    this.#closes.put(interval, counts);
  }

  /** However often gateways come and go, what is remembered of them stays small. */
  #forget(interval: number): void {
    const gone = [...this.#gateways].filter(([, { heard }]) => heard < interval);
    gone.sort(([, a], [, b]) => b.heard - a.heard);
    for (const [index, [gateway, { heard }]] of gone.entries())
      if (index >= maxGone || heard <= interval - trendLength) this.#gateways.delete(gateway);
  }
}

/** One gateway over time. */
class History {
  readonly samples = new Ring<Sample & { readonly beats: number }>();
  /** The interval in which it was heard of last. */
  heard = 0;
  #closesBefore: Readonly<Record<string, number>> | undefined;

  /** Takes in one beat, and returns the tabs closed by reason since the one before. */
  take(interval: number, entry: RosterEntry): ReadonlyMap<string, number> {
    const closes = closedSince(this.#closesBefore, entry.closes ?? {});
    this.#closesBefore = entry.closes ?? {};
    this.heard = interval;
    this.samples.put(interval, add(this.samples.at(interval), entry, sum(closes.values())));
    return closes;
  }
}

/** The last `trendLength` intervals; what is older is overwritten or ignored. */
class Ring<T> {
  readonly #places: ({ readonly interval: number; readonly value: T } | undefined)[] = [];

  at(interval: number): T | undefined {
    const place = this.#places[interval % trendLength];
    return place?.interval === interval ? place.value : undefined;
  }

  put(interval: number, value: T): void {
    this.#places[interval % trendLength] = { interval, value };
  }
}

function add(before: (Sample & { beats: number }) | undefined, entry: RosterEntry, closes: number) {
  const { tabs, memory } = entry;
  const beats = (before?.beats ?? 0) + 1;
  const mean = (rate: 'framesPerSecond' | 'deliveriesPerSecond') =>
    (before?.[rate] ?? 0) + (entry[rate] - (before?.[rate] ?? 0)) / beats;
  return {
    ...{ beats, tabs, memory },
    framesPerSecond: mean('framesPerSecond'),
    deliveriesPerSecond: mean('deliveriesPerSecond'),
    lag: Math.max(entry.lag, before?.lag ?? 0),
    closes: closes + (before?.closes ?? 0),
  };
}

/** Of a gateway that was not known before nobody can say when it closed its tabs. */
function closedSince(
  before: Readonly<Record<string, number>> | undefined,
  counts: Readonly<Record<string, number>>,
): Map<string, number> {
  const closed = Object.entries(counts).map(
    ([reason, count]) => [reason, count - (before?.[reason] ?? 0)] as const,
  );
  return new Map(before === undefined ? [] : closed.filter(([, count]) => count > 0));
}

function sumOf(maps: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const map of maps) for (const [reason, count] of map) total[reason] = (total[reason] ?? 0) + count;
  return total;
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}

function intervalOf(now: number): number {
  return Math.floor(now / trendInterval);
}
