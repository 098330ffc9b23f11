import { type Redis, ReplyError } from 'ioredis';
import { BrokerUnavailable } from '../broker.js';
import { type Connection, closeConnection, createConnection } from './connections.js';
import { failureOf, timedOut } from './failure.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import * as scripts from './registry-scripts.js';

/** How long Redis may be silent before the socket is given up, in ms. */
const patience = 10_000;

/** The way of the registry to wherever its keys are. */
export interface RegistryLink {
  /** @param ready called when there is a way, for the first time or again */
  open(ready: () => void): void;
  /** Runs a command on a key. Rejects as every method of Registry. */
  run<T>(key: string, command: (redis: RegistryRedis) => Promise<T>): Promise<T>;
  /** Gives up what there is, and makes it anew. */
  replace(): void;
  close(): Promise<void>;
}

/** The connection that keeps the registry. */
export class RegistryConnection implements RegistryLink {
  readonly #connection: Connection;
  readonly #redis: RegistryRedis;
  /** Since when Redis owes us an answer. */
  #silentSince: number | undefined;

  /** @param refused gets the sentence for the operator when Redis does not want us */
  constructor(options: RedisBrokerOptions, names: Names, refused: (sentence: string) => void) {
    this.#connection = createConnection(options, names, 'registry', refused);
    this.#redis = withScripts(this.#connection.redis, options.sharded === true);
  }

  /** Commands can be written, whether or not Redis answers them. */
  get connected(): boolean {
    return this.#redis.status === 'ready';
  }

  /** @param ready called when the connection was made, for the first time or again */
  open(ready: () => void): void {
    this.#redis.on('ready', ready);
    // Its failure is an event too, and ioredis tries again.
    this.#redis.connect().catch(() => {});
  }

  /** Runs a command on a key. Rejects as every method of Registry. */
  async run<T>(_key: string, command: (redis: RegistryRedis) => Promise<T>): Promise<T> {
    if (this.#redis.status !== 'ready') throw new BrokerUnavailable('not connected to Redis');
    try {
      const answer = await command(this.#redis);
      this.#silentSince = undefined;
      return answer;
    } catch (error) {
      this.#notice(error as Error);
      throw failureOf(error as Error);
    }
  }

  /** Gives up the socket, if there is one, and makes a new one. */
  replace(): void {
    this.#silentSince = undefined;
    if (this.#redis.status === 'ready') this.#redis.disconnect(true);
  }

  close(): Promise<void> {
    return closeConnection(this.#redis);
  }

  #notice(error: Error): void {
    if (error instanceof ReplyError) this.#connection.complain(error);
    const now = performance.now();
    this.#silentSince = timedOut(error) ? (this.#silentSince ?? now) : undefined;
    if (this.#silentSince !== undefined && now - this.#silentSince >= patience) this.replace();
  }
}

/** See registry-scripts.ts for arguments and results. */
export type RegistryRedis = Redis & {
  beat(
    ...args: [leases: string, revocations: string, gateway: string, lease: string, time: number, keep: number]
  ): Promise<[alive: (number | string)[], lapsed: string[], version: string]>;
  revoke(revocations: string, revocation: string, until: number): Promise<null>;
  unexpired(key: string): Promise<string[]>;
  putMember(groups: string, group: string, ttl: number): Promise<null>;
  wentOffline(online: string, user: string, channel: string): Promise<number>;
  sweepOffline(online: string, channels: string): Promise<string[]>;
};

/** ioredis sends the hash, and the whole script where Redis has lost it (NOSCRIPT). */
function withScripts(redis: Redis, sharded: boolean): RegistryRedis {
  for (const [name, text] of Object.entries(scripts)) {
    const lua = sharded ? text.replace("'NUMSUB'", "'SHARDNUMSUB'") : text;
    redis.defineCommand(name, { numberOfKeys: name === 'beat' ? 2 : 1, lua });
  }
  return redis as RegistryRedis;
}
