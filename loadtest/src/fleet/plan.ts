import type { Losses } from '../books/ledger.js';
import type { Dialect } from './dialect.js';

/** Where tabs connect. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whether to speak TLS (false). */
  readonly secure?: boolean;
  /** Whether to put up with a certificate that nobody vouches for, as a cluster of one's own may have (false). */
  readonly insecure?: boolean;
}

/** What one tab asks of a server. */
export interface TabPlan {
  /** Path and query. */
  readonly path: string;
  /** Sub-protocols offered. */
  readonly protocols: readonly string[];
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A text frame that it sends as soon as the socket is open, after those of the dialect, and each time that it comes back. */
  readonly first?: string;
  /** The streams that are for this tab. */
  readonly streams: readonly number[];
}

/** How fast tabs come. */
export interface Pace {
  /** Tabs opened per second, at most; finite. */
  readonly perSecond: number;
  /** Tabs that wait for their welcome at the same time, at most. */
  readonly inFlight: number;
}

/** Which tabs to open, and how. */
export interface FleetPlan extends Pace {
  /** Tabs go to them in turn. */
  readonly servers: readonly Address[];
  readonly dialect: Dialect;
  /** Of the texts of the load, bytes. */
  readonly textBytes: number;
  readonly tabs: readonly TabPlan[];
  /** Of so many tabs one measures latency (32); all tabs are counted. */
  readonly sampleEvery?: number;
  /**
   * A tab that the server closes, or whose connection is lost, connects again after a random time below `within` ms, and as
   * often as it takes; where it stands in channels with history is remembered, and resumed (docs/protocol.md, "History and
   * resume"). Without it tabs stay away.
   */
  readonly comesBack?: { readonly within: number };
}

/** What a fleet has seen. "So far" is since it was opened. */
export interface Reading {
  /** Tabs that are open now. */
  readonly open: number;
  /** Messages so far. */
  readonly received: number;
  /** Of the sampled tabs since the last reading, from when a message was due to its arrival; as `Latencies.encode` writes. */
  readonly latencies: string;
  /** Of every tab that was welcomed since the last reading, from when it was due to connect; as `Latencies.encode` writes. */
  readonly welcomes: string;
  /** How often tabs were closed by the server so far, by close code; 1005 where the connection ended without one. */
  readonly closes: Readonly<Record<number, number>>;
  /** How often tabs have come back so far. */
  readonly reconnects: number;
  /** Attempts to come back that were in vain so far; each was followed by another. */
  readonly failures: number;
  /**
   * How often a server that keeps history has told a tab that something may be lost so far, once per channel:
   * `recovered: false` and `sys/gap`. Only fleets that come back listen to that.
   */
  readonly unrecovered: number;
  /** By how much latencies may be wrong because tabs and sender have different clocks, ms; 0 on one machine. */
  readonly clockError: number;
}

/** Tabs, wherever they are held. */
export interface TabHolder {
  /** Opens all tabs; resolves when each has its welcome, rejects with the first that gets none. Once only. */
  open(plan: FleetPlan): Promise<void>;
  /** What was received up to now. */
  read(): Promise<Reading> | Reading;
  /** Balances the ledger, given how many messages went out per stream. A tab that came back goes on where it left. */
  settle(sent: readonly number[]): Promise<Losses> | Losses;
  /** Drops all connections at once, without a close frame, and attempts to come back too. Only `reopen` brings tabs back. */
  cut(): Promise<void> | void;
  /**
   * Opens all tabs that are not open; resolves when each has its welcome. One that gets none tries again, after a random time
   * that grows, for ever. Tabs of fleets that come back resume, others begin anew.
   */
  reopen(pace: Pace): Promise<void>;
  /** Every n-th tab stops reading its socket, and is not sampled any more. Resolves with how many. */
  slow(every: number): Promise<number> | number;
  /** Those read on. */
  awaken(): Promise<void> | void;
}
