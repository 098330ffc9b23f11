import type { Percentiles } from '../books/latency.js';
import type { Losses } from '../books/ledger.js';

/** One number of a result, as tables show it. */
export interface Figure {
  /** For instance `gateway CPU per delivery`. */
  readonly name: string;
  /** For instance `µs`, `KB`, `per s`, `ms`; empty for a ratio or a count. */
  readonly unit: string;
  /** NaN where it could not be taken. */
  readonly value: number;
}

/** Values over the time of a run. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  /** s since the run began. */
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** The machine of the load, and of the servers where they are on it. */
export interface Machine {
  /** For instance `AMD EPYC`. */
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Kernel and its version. */
  readonly system: string;
  /** Of Node, and of each server program that tells. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What one scenario has found. */
export interface Result {
  readonly scenario: string;
  readonly target: string;
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** The options of the scenario, as they were in force. */
  readonly options: Readonly<Record<string, string | number>>;
  readonly figures: readonly Figure[];
  /** From when a message was due to its arrival; warm-up left out. */
  readonly latency?: Percentiles;
  /** The histogram behind it, as `Latencies.encode` writes. */
  readonly histogram?: string;
  readonly losses: Losses;
  readonly series: readonly Series[];
  /** What makes the result unsound or red, a sentence each: losses, a sender that fell behind, an interruption. Empty when all is well. */
  readonly problems: readonly string[];
}
