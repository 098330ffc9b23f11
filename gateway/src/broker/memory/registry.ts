import { userChannel } from '@tabcast/shared';
import { BrokerUnavailable } from '../broker.js';
import type { Beat, Lease, Registry, Revocation, RosterEntry } from '../registry.js';
import { leaseTime } from '../registry.js';
import { MemoryBus } from './bus.js';

/**
 * A registry inside one process: for a single gateway, or for all that share the bus of their brokers.
 * @param lifetime how long a lease lasts, in ms
 */
export function createMemoryRegistry(bus = new MemoryBus(), lifetime = leaseTime): Registry {
  return new MemoryRegistry(bus, lifetime);
}

class MemoryRegistry implements Registry {
  readonly #bus: MemoryBus;
  readonly #lifetime: number;
  #open = false;

  constructor(bus: MemoryBus, lifetime: number) {
    this.#bus = bus;
    this.#lifetime = lifetime;
  }

  async start(): Promise<void> {
    this.#open = true;
  }

  async beat(lease: Lease): Promise<Beat> {
    const { leases, version } = this.#records;
    const now = this.#bus.now();
    leases.set(lease.gateway, { lease, at: now });
    const lapsed = [...leases].filter(([, { at }]) => now - at >= this.#lifetime).map(([gateway]) => gateway);
    for (const gateway of lapsed) leases.delete(gateway);
    const roster = [...leases.values()].map(
      (entry): RosterEntry => ({ ...entry.lease, age: now - entry.at }),
    );
    roster.sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
    return { roster, lapsed, revocations: String(version) };
  }

  async depart(gateway: string): Promise<void> {
    this.#records.leases.delete(gateway);
  }

  async revoke(revocation: Revocation): Promise<void> {
    const records = this.#records;
    const { until, ...revoked } = revocation;
    const key = JSON.stringify(revoked);
    const earlier = records.revocations.get(key);
    if (earlier !== undefined && earlier.until >= until) return;
    records.revocations.set(key, revocation);
    records.version++;
  }

  async revocations(): Promise<Revocation[]> {
    const { revocations } = this.#records;
    dropExpired(revocations, ({ until }) => until, this.#bus.now());
    return [...revocations.values()];
  }

  async putMember(user: string, group: string, ttl: number): Promise<void> {
    const { groups } = this.#records;
    const ends = groups.get(user) ?? new Map<string, number>();
    groups.set(user, ends.set(group, this.#bus.now() + ttl));
  }

  async removeMember(user: string, group: string): Promise<void> {
    this.#records.groups.get(user)?.delete(group);
  }

  async groupsOf(user: string): Promise<string[]> {
    const { groups } = this.#records;
    const ends = groups.get(user) ?? new Map<string, number>();
    dropExpired(ends, (end) => end, this.#bus.now());
    if (ends.size === 0) groups.delete(user);
    return [...ends.keys()];
  }

  async cameOnline(user: string): Promise<boolean> {
    const { online } = this.#records;
    if (online.has(user)) return false;
    online.add(user);
    return true;
  }

  async wentOffline(user: string): Promise<boolean> {
    return this.#isHeard(user) ? false : this.#records.online.delete(user);
  }

  async sweepOffline(): Promise<string[]> {
    const { online } = this.#records;
    const gone = [...online].filter((user) => !this.#isHeard(user));
    for (const user of gone) online.delete(user);
    return gone;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  get #records() {
    if (!this.#open) throw new BrokerUnavailable('the registry is not open');
    return this.#bus.records;
  }

  #isHeard(user: string): boolean {
    return this.#bus.subscribers(userChannel(user)) > 0;
  }
}

function dropExpired<K, V>(values: Map<K, V>, endOf: (value: V) => number, now: number): void {
  for (const [key, value] of values) if (endOf(value) <= now) values.delete(key);
}
