import { Redis, type RedisOptions } from 'ioredis';
import { Complaints } from './complaints.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { explainRefusal, type Login } from './refusal.js';

/** Of our two connections one asks and one listens: a large answer must not delay publications. */
export type Role = 'command' | 'listen';

/** A connection of ours, and where its troubles go. */
export interface Connection {
  readonly redis: Redis;
  /** Logs an error sparsely. Tells `refused` when no waiting heals it. */
  complain(error: Error): void;
}

/**
 * Makes a connection, not yet opened. It reconnects for ever. Nothing is queued while it is down, nothing is sent
 * again after it was, and nothing is subscribed by itself: what a lost connection meant is decided in this folder.
 * @param refused gets the sentence for the operator when Redis does not want us
 * @throws {RangeError} when the URL is none
 */
export function createConnection(
  options: RedisBrokerOptions,
  names: Names,
  role: Role,
  refused: (sentence: string) => void,
): Connection {
  const endpoint = parseEndpoint(options.url, options.ca);
  const login: Login = { user: endpoint.username || 'default', db: endpoint.db };
  const redis = new Redis({ ...endpoint, ...behaviour(options, role) });
  const complaints = new Complaints((reason) =>
    options.log.warn({ connection: role, reason }, 'trouble with Redis'),
  );
  const complain = (error: Error) => {
    const reason = reasonOf(error);
    const sentence = explainRefusal(reason, login, names);
    complaints.complain(sentence ?? reason);
    if (sentence !== undefined) refused(sentence);
  };
  redis.on('error', complain);
  return { redis, complain };
}

/** Closes a connection for good; resolves when its socket is gone. */
export function closeConnection(redis: Redis): Promise<void> {
  const socketless = ['wait', 'reconnecting', 'end'].includes(redis.status);
  const ended = socketless ? Promise.resolve() : new Promise<void>((resolve) => redis.once('end', resolve));
  redis.disconnect();
  return ended;
}

/**
 * What may be told of an error of ioredis. Its errors carry the arguments of the command, passwords and payloads among
 * them, so only the message goes on. A refused connection to a name with several addresses has only a code.
 */
export function reasonOf(error: Error & { code?: string }): string {
  return error.message || error.code || error.name;
}

function behaviour(options: RedisBrokerOptions, role: Role) {
  return {
    lazyConnect: true,
    connectionName: `${options.prefix}:${options.gateway}:${role}`,
    disableClientInfo: true,
    // INFO says whether Redis is loading, at the price of one more permission. The probe finds that out as well.
    enableReadyCheck: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    disconnectTimeout: 100,
    keepAlive: 10_000,
    retryStrategy: () => 100 + Math.random() * 400,
    reconnectOnError: (error) => /^(READONLY|LOADING|MASTERDOWN)/.test(error.message),
    // A subscription that waits for a stopped Redis will be confirmed when it goes on: only the probe gives up on it.
    ...(role === 'command' && { commandTimeout: options.timeout }),
  } satisfies RedisOptions;
}

interface Endpoint {
  host: string;
  port: number;
  username?: string;
  password?: string;
  db: number;
  tls?: { ca?: string };
}

/** Options of a URL may not become options of ours, so ioredis does not see it. No error repeats it: it has a password. */
function parseEndpoint(text: string, ca: string | undefined): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '')?.[1];
  if (url === undefined || db === undefined || url.hostname === '' || !/^rediss?:$/.test(url.protocol))
    throw new RangeError('redis url: expected redis://user:password@host:port/db or rediss://…');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    db: Number(db),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: ca === undefined ? {} : { ca } }),
  };
}
