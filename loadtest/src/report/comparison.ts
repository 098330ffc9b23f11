import type { Spread } from '../books/figures.js';
import type { Losses } from '../books/ledger.js';
import type { Machine } from './result.js';

/** What one server did under one workload in one round. */
export interface Measurement extends Losses {
  /** Name of the peer. */
  readonly peer: string;
  /** As on the command line: `users:20000:10000`. */
  readonly workload: string;
  /** From 1. */
  readonly round: number;
  /** CPU of the server's own processes, user and system, per message that reached a tab, µs; over the window. */
  readonly gatewayCpu: number;
  /** The same with its Redis; NaN where it has none. */
  readonly cpuWithRedis: number;
  /** Messages that reached tabs, per second of the window. */
  readonly rate: number;
  /** Messages that should have reached tabs, per second. */
  readonly offered: number;
  /** From when a message was due to its arrival at a sampled tab, over the window, ms; NaN when none came. */
  readonly p50: number;
  readonly p99: number;
  /** Whether the server fell behind: its rate is below 97 % of what was offered. `lost` then counts what was late, too. */
  readonly saturated: boolean;
  /** Deliveries that the whole load should have made, warm-up included; `lost` and the like count against it. */
  readonly expected: number;
  /** Messages that nobody was subscribed to, as far as the server tells. */
  readonly unheard: number;
  /** Tabs that the server closed. */
  readonly closed: number;
  /** By how much the sender fell behind its timetable at worst, ms. */
  readonly behind: number;
  /** CPU of the server's own processes per tab that connected, µs. */
  readonly connectCpu: number;
  /** Resident memory of the server's own processes per tab that connected, KB. */
  readonly residentPerTab: number;
  /** Share of the window that the core of servers, and that of the load, was busy, 0 to 1. A busy load core means that latencies are the receiver's. */
  readonly serverCoreBusy: number;
  readonly loadCoreBusy: number;
  /** Share of both cores' time that other programs of the machine took, 0 to 1. */
  readonly intruded: number;
  /** Share of both cores' time that the host gave to other guests, 0 to 1. */
  readonly stolen: number;
}

/** A server under one workload, over all rounds. */
export interface ComparisonRow {
  /** Name of the peer. */
  readonly peer: string;
  /** µs per delivery. */
  readonly gatewayCpu: Spread;
  /** That in proportion to the yardstick's of the same round; NaN without a yardstick. */
  readonly ratio: Spread;
  /** µs per delivery; NaN where there is no Redis. */
  readonly cpuWithRedis: Spread;
  /** Deliveries per second. */
  readonly rate: Spread;
  /** ms. */
  readonly p50: Spread;
  readonly p99: Spread;
  /** µs per tab. */
  readonly connectCpu: Spread;
  /** KB per tab; little worth below some thousand tabs. */
  readonly residentPerTab: Spread;
  /** What is not as it should be, over all rounds: `saturated, lost or late 3`; empty when all is well. */
  readonly faults: string;
  /** Of the servers' core and that of the load, median, 0 to 1. */
  readonly serverCoreBusy: number;
  readonly loadCoreBusy: number;
  /** The worst of all rounds, 0 to 1. */
  readonly intruded: number;
  readonly stolen: number;
}

/** All servers under one workload. */
export interface ComparisonTable {
  /** As on the command line. */
  readonly workload: string;
  /** In words: `each message to one user with 2 tabs, 20,000 a second, 10,000 tabs`. */
  readonly about: string;
  /** Deliveries per second that it asks for. */
  readonly offered: number;
  readonly rows: readonly ComparisonRow[];
  /** Servers that could not be measured under it, with the reason in a sentence. */
  readonly left: readonly Absence[];
}

/** A server that was compared. */
export interface ComparedPeer {
  readonly name: string;
  /** For people, with the version. */
  readonly title: string;
  /** What a reader has to know. */
  readonly remarks: string;
}

/** A server that is not in a table. */
export interface Absence {
  readonly peer: string;
  /** Why, and what would help. */
  readonly reason: string;
}

/** The outcome of `npm run compare` and `npm run bench`. Plain data, as it stands in the JSON (where NaN is null). */
export interface Comparison {
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** The peer that ratios refer to. */
  readonly yardstick: string;
  readonly rounds: number;
  /** s */
  readonly warmUp: number;
  /** s */
  readonly window: number;
  readonly peers: readonly ComparedPeer[];
  /** Peers that could not be started here. */
  readonly missing: readonly Absence[];
  readonly tables: readonly ComparisonTable[];
  /** Every single measurement, in the order in which they were taken. */
  readonly measurements: readonly Measurement[];
  /** What makes it unsound, a sentence each: an interruption, losses of a server that was not saturated. */
  readonly problems: readonly string[];
}
