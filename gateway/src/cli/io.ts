import { type Problem, problemText } from '../config/problem.js';
import type { Environment } from '../config/sources.js';
import type { Signal } from '../workers/messages.js';
import type { Worker } from '../workers/worker.js';

/** What a command may touch of its process. */
export interface Io {
  /** Writes text and a line end to standard output. */
  out(text: string): void;
  /** Writes text and a line end to standard error. */
  err(text: string): void;
  readonly environment: Environment;
  /** Reads a file as UTF-8. Throws when it cannot. */
  readFile(path: string): string;
  /**
   * Calls `act` whenever the signal comes: from the system, or from the supervisor, which is the only one that a worker
   * listens to.
   */
  onSignal(signal: Signal, act: () => void): void;
  /** What ties this process to its supervisor; undefined where it has none. */
  readonly worker: Worker | undefined;
}

/** How a command ends. 78 is EX_CONFIG of BSD's sysexits. */
export const exitCodes = { done: 0, failed: 1, usage: 2, config: 78 } as const;

/** Says what is wrong with a command line, and how the command ends for that. */
export function wrongUsage(problems: readonly Problem[], io: Io): number {
  for (const problem of problems) io.err(`tabcast: ${problemText(problem)}`);
  return exitCodes.usage;
}
