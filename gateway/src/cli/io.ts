import type { Environment } from '../config/sources.js';

/** What a command may touch of its process. */
export interface Io {
  /** Writes text and a line end to standard output. */
  out(text: string): void;
  /** Writes text and a line end to standard error. */
  err(text: string): void;
  readonly environment: Environment;
  /** Reads a file as UTF-8. Throws when it cannot. */
  readFile(path: string): string;
}

/** How a command ends. 78 is EX_CONFIG of BSD's sysexits. */
export const exitCodes = { done: 0, failed: 1, usage: 2, config: 78 } as const;
