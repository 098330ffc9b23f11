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

/** Of each option: the types that will do, or the least number. */
const expectations: Record<keyof ConnectOptions, string | number> = {
  token: 'string',
  getToken: 'function',
  share: 'boolean or string',
  worker: 'string or object',
  WebSocket: 'function',
  pingInterval: 1,
  requestTimeout: 1,
  maxQueued: 0,
  remember: 'string',
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
  const isType = typeof expected === 'string';
  const isGood = isType ? expected.includes(typeof value) : (value as number) >= expected;
  if (isGood || value === undefined) return [];
  return [`${name}: expected ${isType ? expected : `a number from ${expected}`}`];
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
