import { BrokerUnavailable } from '../broker.js';
import type { Beat, Lease, Registry, Revocation, RosterEntry } from '../registry.js';
import { leaseTime } from '../registry.js';
import { RegistryConnections } from './cluster/registry-connections.js';
import { isCluster } from './endpoint.js';
import { Names, userOf } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { RegistryConnection, type RegistryLink, type RegistryRedis } from './registry-connection.js';

/** How long it is remembered that a lease ran out while there is no gateway to be told of it, in ms. */
const lapsedTtl = 24 * 3600_000;

/**
 * A registry kept by the Redis of the broker, over a connection of its own.
 * @param lifetime how long a lease lasts, in ms
 * @throws {RangeError} when URL or prefix cannot be used
 */
export function createRedisRegistry(options: RedisBrokerOptions, lifetime = leaseTime): Registry {
  return new RedisRegistry(options, lifetime);
}

class RedisRegistry implements Registry {
  readonly #gateway: string;
  readonly #lifetime: number;
  readonly #names: Names;
  readonly #connection: RegistryLink;
  #started: { resolve: () => void; reject: (reason: Error) => void } | undefined;

  constructor(options: RedisBrokerOptions, lifetime: number) {
    this.#gateway = options.gateway;
    this.#lifetime = lifetime;
    this.#names = new Names(options.prefix);
    const Link = isCluster(options.url) ? RegistryConnections : RegistryConnection;
    this.#connection = new Link(options, this.#names, (sentence) => this.#refuse(sentence));
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#connection.open(() => void this.#settle());
    });
  }

  async beat(lease: Lease): Promise<Beat> {
    const { leases, revocations } = this.#names;
    const text = JSON.stringify(lease);
    const [alive, lapsed, version] = await this.#connection.run(leases, (redis) =>
      redis.beat(leases, revocations, lease.gateway, text, this.#lifetime, lapsedTtl),
    );
    return { roster: readRoster(alive), lapsed, revocations: version };
  }

  async depart(gateway: string): Promise<void> {
    const { leases } = this.#names;
    await this.#connection.run(leases, (redis) => redis.hdel(leases, gateway));
  }

  async revoke({ until, ...revoked }: Revocation): Promise<void> {
    const end = Math.ceil(until);
    const { revocations } = this.#names;
    await this.#connection.run(revocations, (redis) =>
      redis.revoke(revocations, JSON.stringify(revoked), end),
    );
  }

  async revocations(): Promise<Revocation[]> {
    const { revocations } = this.#names;
    const flat = await this.#connection.run(revocations, (redis) => redis.unexpired(revocations));
    return pairs(flat).flatMap(([revoked, until]) => {
      const revocation = readJson(revoked);
      return revocation === undefined ? [] : [{ ...revocation, until: Number(until) }];
    });
  }

  async putMember(user: string, group: string, ttl: number): Promise<void> {
    const groups = this.#names.groups(user);
    await this.#connection.run(groups, (redis) => redis.putMember(groups, group, Math.ceil(ttl)));
  }

  async removeMember(user: string, group: string): Promise<void> {
    const groups = this.#names.groups(user);
    await this.#connection.run(groups, (redis) => redis.zrem(groups, group));
  }

  async groupsOf(user: string): Promise<string[]> {
    const groups = this.#names.groups(user);
    // Each tab that comes asks this, and nearly every user is in none: a script costs Redis ten times as much as a look.
    const read = async (redis: RegistryRedis) =>
      (await redis.zrange(groups, '0', '0')).length === 0 ? [] : redis.unexpired(groups);
    return pairs(await this.#connection.run(groups, read).catch(unlessForeign)).map(([group]) => group);
  }

  async cameOnline(user: string): Promise<boolean> {
    const { online, member } = this.#names.presence(user);
    return (await this.#connection.run(online, (redis) => redis.sadd(online, member))) === 1;
  }

  async wentOffline(user: string): Promise<boolean> {
    const { online, channels, member } = this.#names.presence(user);
    const news = this.#connection.run(online, (redis) =>
      redis.wentOffline(online, member, channels + member),
    );
    return (await news) === 1;
  }

  /** Partition by partition, because each may be kept by another Redis. What an interrupted sweep has found, it tells. */
  async sweepOffline(): Promise<string[]> {
    const gone: string[] = [];
    for (const { online, channels } of this.#names.presences())
      try {
        gone.push(...(await this.#connection.run(online, (redis) => redis.sweepOffline(online, channels))));
      } catch (error) {
        if (gone.length === 0) throw error;
        break;
      }
    return gone.map(userOf);
  }

  async close(): Promise<void> {
    this.#started?.reject(new BrokerUnavailable('the registry was closed'));
    this.#started = undefined;
    await this.#connection.close();
  }

  /** Only at the start: who has been let in once will be let in again when the operator has mended it. */
  #refuse(sentence: string): void {
    const started = this.#started;
    this.#started = undefined;
    started?.reject(new Error(sentence));
    if (started !== undefined) void this.#connection.close();
  }

  /** The connection was made: at the start, finds out whether it is good for anything. */
  async #settle(): Promise<void> {
    if (this.#started === undefined) return;
    try {
      await this.#tryOut();
    } catch (error) {
      if (!isFull(error as Error)) return this.#connection.replace();
    }
    this.#started?.resolve();
    this.#started = undefined;
  }

  /** Every command once, on keys of its own, so that a missing permission is not found when the command is needed. */
  async #tryOut(): Promise<void> {
    const trial = this.#names.trial(this.#gateway);
    const [leases, revocations, groups, online] = ['leases', 'revocations', 'groups', 'online'].map(
      (kind) => `${trial}:${kind}`,
    ) as [string, string, string, string];
    await this.#connection.run(trial, (redis) =>
      Promise.all([
        ...[redis.beat(leases, revocations, '', '{}', 1, 1000), redis.hdel(leases, '')],
        ...[redis.revoke(revocations, '', 0), redis.unexpired(revocations)],
        ...[redis.putMember(groups, '', 1000), redis.zrem(groups, '')],
        ...[redis.sadd(online, ''), redis.wentOffline(online, '', trial), redis.sweepOffline(online, trial)],
      ]),
    );
  }
}

/** What was not written by a gateway must keep none of them from starting. */
function readJson(text: string): Revocation | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readRoster(alive: readonly (number | string)[]): RosterEntry[] {
  const entries = pairs(alive).map(([age, lease]): RosterEntry => ({ ...JSON.parse(`${lease}`), age }));
  return entries.sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
}

function pairs<T>(flat: readonly T[]): [T, T][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
}

/** A key of another type was put there by somebody else. Asking again would not help, and nobody else is concerned. */
function unlessForeign(error: Error): never {
  const { cause } = error;
  const isForeign = cause instanceof Error && cause.message.startsWith('WRONGTYPE');
  throw isForeign ? new Error('the groups of a user are kept in a key of another type', { cause }) : error;
}

/** A full Redis lets us do what a gateway cannot do without. */
function isFull({ cause }: Error): boolean {
  return cause instanceof Error && cause.message.startsWith('OOM');
}
