import type { Counters } from './counters.js';

/** What is read off the gateway at the moment of a scrape. */
export interface Readings {
  readonly counters: Counters;
  /** Tabs, and channels with at least one tab, on this gateway. */
  readonly tabs: () => number;
  /** Tabs that this gateway may hold; Infinity where it knows no limit. */
  readonly capacity: () => number;
  /** Connections to the public port: tabs, and those that are none yet. */
  readonly connections: () => number;
  readonly channels: () => number;
  /** Tabs that are behind with reading. */
  readonly tabsBehind: () => number;
  /** Whether the broker carries. */
  readonly brokerLive: () => boolean;
  /** Gateways alive, and whether this one is cut off from them. */
  readonly gateways: () => number;
  readonly degraded: () => boolean;
  /** Tabs that have yet to go, and which part has gone, see Drain. */
  readonly drainRemaining: () => number;
  readonly drainProgress: () => number;
  /** Questions and events that are under way to the backend. */
  readonly webhooksPending: () => number;
  /** Whether webhooks are refused at once, because the backend keeps failing. */
  readonly webhooksBroken: () => boolean;
  readonly version: string;
  /** Gateways that should share the ports, this one counted. */
  readonly workers: () => number;
}

/** One metric of our own. */
export type Metric = Reading | Distribution;

/** A metric that is read at a scrape: a number, or a number for each value of the label. */
export interface Reading {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly label?: string;
  readonly help: string;
  /** What the page of several workers shows. Default: the sum. */
  readonly together?: 'sum' | 'min' | 'max' | 'first';
  readonly read: (readings: Readings) => number | Readonly<Record<string, number>>;
}

/** What is timed; by this name it is observed. */
export type Timed = 'delivery' | 'roundTrip' | 'webhook';

/**
 * A metric that is told of single times, in seconds. Each is observed some ten times a second at most, so that what
 * prom-client takes for it is nothing.
 */
export interface Distribution {
  readonly name: string;
  readonly type: 'histogram';
  readonly help: string;
  readonly of: Timed;
  /** Upper bounds, in s. */
  readonly buckets: readonly number[];
}
