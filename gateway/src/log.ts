import { type Logger, pino } from 'pino';

export type { Logger };

/** Levels of pino, from chatty to silent. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Structured log lines, JSON on standard output. pino escapes control characters, so an id from a client cannot forge a
 * line. Tokens, keys and payloads are never passed in.
 */
export function createLog(level: LogLevel, gateway: string): Logger {
  return pino({ level, base: { gateway }, timestamp: pino.stdTimeFunctions.isoTime });
}
