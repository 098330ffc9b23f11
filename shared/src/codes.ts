/**
 * The numbers that clients see: WebSocket close codes, and the codes in `details[0]` of an `…:error` frame.
 * Both are an API: numbers are never reused. docs/errors.md is generated from these tables.
 */

export interface CloseCode {
  /** Stable name, used as the label in metrics and as the close reason on the wire. */
  readonly name: string;
  /** What happened, for a person. */
  readonly sentence: string;
  /**
   * Whether a client should connect again by itself, with back-off.
   * The range says the same: 4000–4399 reconnect, 4400–4999 do not (RFC 6455 §7.4.2 leaves 4000–4999 to us).
   */
  readonly reconnect: boolean;
}

/** Every close code that a gateway sends. Codes of RFC 6455 keep their meaning. */
export const closeCodes = {
  4000: { name: 'shutdown', sentence: 'The gateway is stopping; another one takes over.', reconnect: true },
  4001: {
    name: 'slow',
    sentence: 'The tab did not read fast enough, and frames for it were dropped.',
    reconnect: true,
  },
  4002: {
    name: 'token-expired',
    sentence: 'The token expired and no new one arrived within the grace time.',
    reconnect: true,
  },
  4003: {
    name: 'internal',
    sentence: 'The gateway failed on this connection; its log says why.',
    reconnect: true,
  },
  4004: {
    name: 'unavailable',
    sentence: 'The gateway has no keys to verify tokens with at the moment.',
    reconnect: true,
  },
  4005: {
    name: 'moved',
    sentence: 'The gateway holds more tabs than others and asks some of them to connect anew.',
    reconnect: true,
  },
  4006: {
    name: 'max-age',
    sentence: 'The connection has reached the age at which the gateway closes every one.',
    reconnect: true,
  },
  4007: {
    name: 'disconnected',
    sentence: 'The application closed the connection; it may come back.',
    reconnect: true,
  },
  4008: {
    name: 'stalled',
    sentence: 'The tab read nothing for too long of what was waiting for it.',
    reconnect: true,
  },
  4009: {
    name: 'rate-limit',
    sentence: 'The tab went on sending too much after an error frame had said so.',
    reconnect: true,
  },
  4010: {
    name: 'crowded',
    sentence:
      'The shared socket carries as many tabs as it may, or the gateway takes no more on it; the tab may try a socket of its own.',
    reconnect: true,
  },
  4400: { name: 'malformed', sentence: 'Several malformed frames in a row.', reconnect: false },
  4401: { name: 'token-refused', sentence: 'The token is not acceptable.', reconnect: false },
  4403: {
    name: 'revoked',
    sentence: 'The token was revoked.',
    reconnect: false,
  },
  4407: {
    name: 'dismissed',
    sentence: 'The application closed the connection for good.',
    reconnect: false,
  },
  4408: {
    name: 'auth-timeout',
    sentence: 'No token arrived in time after the connection was opened.',
    reconnect: false,
  },
  4409: {
    name: 'too-many-tabs',
    sentence: 'The user has as many tabs as one user may have.',
    reconnect: false,
  },
  4410: {
    name: 'replaced',
    sentence: 'A newer tab of the same user took the place of this one.',
    reconnect: false,
  },
  4429: {
    name: 'too-early',
    sentence: 'Too many frames were sent before the welcome.',
    reconnect: false,
  },
} as const satisfies Record<number, CloseCode>;

/**
 * Codes that an application may close connections with. The gateway never chooses one of these by itself, and counts
 * all of them under one reason.
 */
export const applicationCodes = {
  /** Clients connect again. */
  reconnect: { from: 4300, to: 4399 },
  /** Clients stay away. */
  final: { from: 4900, to: 4999 },
} as const;

/** A number in one of the ranges of `applicationCodes`; only `isApplicationCode` makes one. */
export type ApplicationCode = number & { readonly [applicationCode]: true };
declare const applicationCode: unique symbol;

/** Whether an application may close a connection with this code, which is a whole number. */
export function isApplicationCode(code: number): code is ApplicationCode {
  if (!Number.isInteger(code)) return false;
  return Object.values(applicationCodes).some(({ from, to }) => code >= from && code <= to);
}

/**
 * Whether a client should connect again after this close code, known to it or not:
 * the table for our codes, the range for codes of a newer gateway, and RFC 6455 §7.4.1 below 4000.
 */
export function closeRule(code: number): { reconnect: boolean } {
  if (code >= 4000 && code <= 4999) return { reconnect: code < 4400 };
  return { reconnect: code !== 1000 };
}

export interface ErrorCode {
  /** Stable name. */
  readonly name: string;
  /** When it is sent. */
  readonly sentence: string;
}

/** Codes that the client library gives to error callbacks and rejected promises by itself: nothing was heard from outside. */
export const clientErrorCodes = {
  408: { name: 'timeout', sentence: 'No reply came in time.' },
  413: {
    name: 'queue-full',
    sentence: 'Too much was waiting to be sent.',
  },
  499: { name: 'closed', sentence: 'The tab was closed, or lost its connection.' },
} as const satisfies Record<number, ErrorCode>;

/** Codes of `…:error` frames that the gateway itself sends. An application's own errors may use any number. */
export const errorCodes = {
  400: { name: 'malformed', sentence: 'The frame or its details are not what the action expects.' },
  401: { name: 'unauthorized', sentence: 'No token, or one that is not acceptable or has expired.' },
  403: { name: 'forbidden', sentence: 'The token does not permit this.' },
  404: { name: 'no-handler', sentence: 'Nothing handles this action.' },
  409: { name: 'other-user', sentence: 'The new token belongs to another user than the connection.' },
  410: { name: 'left', sentence: 'The group was left again before it was joined.' },
  429: {
    name: 'rate-limit',
    sentence: 'Too many frames, bytes or joins; going on like this closes the connection.',
  },
  500: { name: 'internal', sentence: 'The handler failed; the gateway has logged why.' },
  502: {
    name: 'backend-refused',
    sentence: 'The backend answered with an error, or with something that is no answer.',
  },
  503: {
    name: 'unavailable',
    sentence: 'The broker, the backend, or the keys for tokens cannot be reached; try again later.',
  },
  504: {
    name: 'backend-slow',
    sentence: 'The backend did not answer in time; it may have acted all the same.',
  },
  507: {
    name: 'history-full',
    sentence: 'The broker has no memory left to keep what was to be sent; it went to nobody.',
  },
} as const satisfies Record<number, ErrorCode>;
