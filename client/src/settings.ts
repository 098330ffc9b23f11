import type { ConnectOptions } from './options.js';
import type { WebSocketConstructor } from './socket.js';

/** What `connect` was given, checked and complete. */
export interface Settings extends ConnectOptions {
  /** Absolute, `ws:` or `wss:`. */
  readonly url: string;
  readonly pingInterval: number;
  readonly requestTimeout: number;
  readonly maxQueued: number;
}

/** Of each option: the types that will do, the least number, or all values. */
const expectations: Record<keyof ConnectOptions, string | number | readonly unknown[]> = {
  token: 'string',
  getToken: 'function',
  share: [true, false, 'worker', 'leader'],
  worker: 'string or object',
  WebSocket: 'function',
  pingInterval: 1,
  requestTimeout: 1,
  maxQueued: 0,
  remember: ['memory', 'session'],
};

/**
 * Checks and completes what `connect` was given.
 * @throws TypeError that names everything which is wrong
 */
export function settle(address: string | URL, options: ConnectOptions): Settings {
  const url = socketUrl(address);
  const wrong = Object.entries(options).flatMap(([name, value]) => judge(name, value));
  if (url === undefined) wrong.unshift('url: expected one of ws:, wss:, http:, https:');
  if (url === undefined || wrong.length > 0) throw new TypeError(wrong.join('; '));
  const { pingInterval = 25_000, requestTimeout = 10_000, maxQueued = 100 } = options;
  return { ...options, url, pingInterval, requestTimeout, maxQueued };
}

/** The global WebSocket. */
export function globalSocket(): WebSocketConstructor {
  if (globalThis.WebSocket === undefined) throw new TypeError('WebSocket: there is no global one');
  return WebSocket;
}

function judge(name: string, value: unknown): string[] {
  const expected = expectations[name as keyof ConnectOptions] ?? 'nothing of this name';
  const [isGood, sentence] = Array.isArray(expected)
    ? [expected.includes(value), `one of ${expected.join(', ')}`]
    : typeof expected === 'string'
      ? [expected.includes(typeof value), expected]
      : [(value as number) >= (expected as number), `a number from ${expected}`];
  return isGood || value === undefined ? [] : [`${name}: expected ${sentence}`];
}

/** Older browsers take neither relative URLs nor http, and none a fragment (WHATWG WebSockets, the constructor). */
function socketUrl(address: string | URL): string | undefined {
  try {
    const url = new URL(address, globalThis.document?.baseURI);
    url.hash = '';
    url.protocol = url.protocol.replace('http', 'ws');
    return url.protocol.startsWith('ws') ? url.href : undefined;
  } catch {
    return undefined;
  }
}
