import type { Fleets } from '../fleet/fleets.js';
import type { Result } from '../report/result.js';
import type { Target } from '../servers/target.js';

/** An option of a scenario: a whole number above 0 where it says nothing else, on the command line `--<name>`. */
export interface ScenarioOption {
  readonly default: number;
  /** Whether it may be 0 (false). */
  readonly orZero?: true;
  /** Whether it may have a fraction (false). */
  readonly fraction?: true;
  /** The smallest that means something. */
  readonly least?: number;
  /** What it is, with its unit. */
  readonly about: string;
}

/** What a scenario works with. */
export interface Lab {
  readonly target: Target;
  /** A new fleet on the workers that there are; ends with the run. */
  fleet(): Fleets;
  /** Aborted by Ctrl-C: the scenario ends its load, and makes a result of what there is. */
  readonly signal: AbortSignal;
  /** Shows how far it is. */
  progress(step: Progress): void;
}

/** A moment of a run, for whoever watches. */
export interface Progress {
  /** For instance `opening tabs`, `warm-up`, `window`. */
  readonly phase: string;
  /** 0 to 1, of the phase. */
  readonly done: number;
  /** s until the phase ends, as far as known. */
  readonly left?: number;
  /** Deliveries per second just now. */
  readonly rate?: number;
  /** Of the last second, ms. */
  readonly p99?: number;
}

/** One question to the servers. */
export interface Scenario<Name extends string = string> {
  readonly name: string;
  /** What it finds out, one sentence. */
  readonly about: string;
  readonly options: Readonly<Record<Name, ScenarioOption>>;
  run(
    lab: Lab,
    options: Readonly<Record<Name, number>>,
  ): Promise<Omit<Result, 'scenario' | 'options' | 'target' | 'date' | 'machine'>>;
}
