import { type Logger, pino } from 'pino';
import { LogOutput } from './log-output.js';

export type { Logger };

/** Levels of pino, from chatty to silent. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A gateway by its id, with the number of the worker where it is one; or a supervisor by the id of its process. */
export type LogWriter =
  | { readonly gateway: string; readonly worker?: number }
  | { readonly supervisor: number };

/**
 * Structured log lines, JSON on standard output. pino escapes control characters, so an id from a client cannot forge a
 * line. Tokens, keys and payloads are never passed in.
 * @param writer who writes: what every line begins with
 */
export function createLog(level: LogLevel, writer: LogWriter): Logger {
  return pino({ level, base: writer, timestamp: pino.stdTimeFunctions.isoTime }, new LogOutput(1));
}
