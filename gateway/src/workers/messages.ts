import type { Figures, Gathered } from '../metrics/together.js';

/** Signals that a gateway acts on. */
export const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type Signal = (typeof signals)[number];

/** First argument of a worker's command line. All else comes through the channel to its supervisor. */
export const workerWord = 'worker';

/** What a worker is to be. It does not stand on a command line, where other users of the machine could see secrets. */
export interface Commission {
  /** The command line of the supervisor. */
  readonly args: readonly string[];
  /** The `Config` that the supervisor started with, every port chosen. */
  readonly config: object;
}

/** What the supervisor says to a worker. */
export type ToWorker =
  | {
      readonly kind: 'begin';
      /** From 1 up. A successor has the number of its predecessor. */
      readonly number: number;
      readonly commission: Commission;
      /** What the predecessor had counted when it was last asked. */
      readonly carried: Figures | undefined;
    }
  | { readonly kind: 'signal'; readonly signal: Signal }
  /** How many workers are ready. */
  | { readonly kind: 'ready'; readonly workers: number }
  /** Asks for a `report` with this number. */
  | { readonly kind: 'question'; readonly question: number }
  /** Answers `gather`. */
  | { readonly kind: 'gathered'; readonly gathered: Gathered };

/** What a worker says to its supervisor. */
export type ToSupervisor =
  | { readonly kind: 'ready'; readonly is: boolean }
  /** Asks for the figures of all workers. */
  | { readonly kind: 'gather' }
  | { readonly kind: 'report'; readonly question: number; readonly figures: Figures };
