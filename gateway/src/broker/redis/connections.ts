import { Redis, type RedisOptions } from 'ioredis';
import { Complaints } from '../../complaints.js';
import { type Endpoint, endpointForms, parseEndpoint } from './endpoint.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { explainRefusal, type Login } from './refusal.js';

/**
 * One connection publishes, one listens, one keeps the registry: a large answer must not delay publications. Another
 * one asks, where there is a cluster, who of it has what.
 */
export type Role = 'command' | 'listen' | 'registry' | 'topology';

/** A connection of ours, and where its troubles go. */
export interface Connection {
  readonly redis: Redis;
  /** Logs an error sparsely. Tells `refused` when no waiting heals it. Reconnects when Redis is none to write to. */
  complain(error: Error): void;
}

/**
 * Makes a connection, not yet opened. It reconnects for ever. Nothing is queued while it is down, nothing is sent
 * again after it was, and nothing is subscribed by itself: what a lost connection meant is decided in this folder.
 * @param refused gets the sentence for the operator when Redis does not want us
 * @throws {RangeError} when the URL is none; without the URL, which may hold a password
 */
export function createConnection(
  options: RedisBrokerOptions,
  names: Names,
  role: Role,
  refused: (sentence: string) => void,
): Connection {
  const endpoint = parseEndpoint(options.url);
  if (endpoint === undefined) throw new RangeError(`redis url: expected ${endpointForms}`);
  const login: Login = {
    ...{ user: endpoint.user || 'default', db: endpoint.database },
    sharded: options.sharded === true,
  };
  const redis = new Redis({ ...whereTo(endpoint, options), ...behaviour(options, role) });
  const leave = leaverOfWrongPlace(redis);
  const complaints = new Complaints((reason) =>
    options.log.warn({ connection: role, reason }, 'trouble with Redis'),
  );
  const complain = (error: Error) => {
    const reason = reasonOf(error);
    const sentence = explainRefusal(reason, login, names);
    complaints.complain(sentence ?? occupiedKeys(error) ?? reason);
    if (sentence !== undefined) refused(sentence);
    leave(error);
  };
  redis.on('error', (error) => {
    if (!beganAnew.test(error.message)) complain(error);
    // Its login or its database was refused, and ioredis would call it ready in another database.
    if (redis.status === 'connect') redis.disconnect(true);
  });
  redis.on('end', () => revive(redis));
  return { redis, complain };
}

/**
 * How a Redis says that it is no master, or not the one that counts: it may have lost its replicas to a new one
 * (min-replicas-to-write). Where the master is now, only a new connection finds out.
 */
const noMaster = /^(READONLY|LOADING|MASTERDOWN|NOREPLICAS)/;

/**
 * Reconnects when Redis is none to write to. Every command under way is answered so, and ioredis would end the socket for each of
 * them (seen with 6.0.0), with one listener more. Returns what to tell of an error that ioredis has not seen as one: it is a part
 * of an answer.
 */
function leaverOfWrongPlace(redis: Redis): (error: Error) => void {
  let leaving = false;
  redis.on('close', () => {
    leaving = false;
  });
  const mustLeave = ({ message }: Error) => {
    if (leaving || !noMaster.test(message)) return false;
    leaving = true;
    return true;
  };
  redis.options.reconnectOnError = mustLeave;
  return (error) => {
    if (redis.status === 'ready' && mustLeave(error)) redis.disconnect(true);
  };
}

/** What ioredis says when it has come to the end of the list of Sentinels and begins anew, nothing being wrong. */
const beganAnew = /^All sentinels are unreachable\. Retrying from scratch after [\d.]+ms\.$/;

/**
 * ioredis gives a connection up for good when it is told to reconnect while it asks the Sentinels for the master (seen
 * with 6.0.0).
 */
function revive(redis: Redis): void {
  const reconnect = () => {
    if (redis.status === 'end' && !closed.has(redis)) redis.connect().catch(() => {});
  };
  setTimeout(reconnect, retryPause());
}

const closed = new WeakSet<Redis>();

/** Closes a connection for good; resolves when its socket is gone. */
export function closeConnection(redis: Redis): Promise<void> {
  closed.add(redis);
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

/** Says which keys of a command or script have something of another type in their place, where that is what is wrong. */
function occupiedKeys({
  message,
  command,
}: Error & { command?: { name: string; args: unknown[] } }): string | undefined {
  if (!message.startsWith('WRONGTYPE') || command === undefined) return undefined;
  const [first, count, ...others] = command.args;
  const keys = command.name.startsWith('eval') ? others.slice(0, Number(count)) : [first];
  return `WRONGTYPE: one of ${keys.join(', ')} is not what it should be; somebody else has written it, and it has to be deleted`;
}

/** Pause before a connection is tried again, in ms. */
function retryPause(): number {
  return 100 + Math.random() * 400;
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
    retryStrategy: retryPause,
    // A subscription that waits for a stopped Redis will be confirmed when it goes on: only the probe gives up on it.
    ...(role !== 'listen' && { commandTimeout: options.timeout }),
  } satisfies RedisOptions;
}

/** What a URL says, in the words of ioredis. Its Sentinel mode asks for the master anew at each connection. */
function whereTo(
  { host, port, user, password, database, tls, sentinel }: Endpoint,
  options: RedisBrokerOptions,
) {
  const authority = tls ? { tls: options.ca === undefined ? {} : { ca: options.ca } } : {};
  const login = { ...(user && { username: user }), ...(password && { password }), db: database };
  if (sentinel === undefined) return { host, port, ...login, ...authority } satisfies RedisOptions;
  return {
    ...{ ...login, ...authority, name: sentinel.name, sentinels: [...sentinel.hosts] },
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: authority.tls }),
    ...(options.sentinelPassword && { sentinelPassword: options.sentinelPassword }),
    sentinelCommandTimeout: 1000,
    sentinelRetryStrategy: retryPause,
    // The probe finds a master that was demoted or hangs. ioredis' own detector writes to standard error for every
    // Sentinel that is down.
    failoverDetector: false,
  } satisfies RedisOptions;
}
