import type { Counters } from './counters.js';

/** What is read off the gateway at the moment of a scrape. */
export interface Readings {
  readonly counters: Counters;
  /** Tabs, and channels with at least one tab, on this gateway. */
  readonly tabs: () => number;
  readonly channels: () => number;
  /** Whether the broker carries. */
  readonly brokerLive: () => boolean;
  readonly version: string;
}

/** One metric. `read` gives a number, or a number for each value of the label. */
export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly label?: string;
  readonly help: string;
  readonly read: (readings: Readings) => number | Readonly<Record<string, number>>;
}
