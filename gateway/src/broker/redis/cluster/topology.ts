import { ReplyError } from 'ioredis';
import { closeConnection, createConnection } from '../connections.js';
import { type Endpoint, parseEndpoint } from '../endpoint.js';
import type { Names } from '../names.js';
import type { RedisBrokerOptions } from '../options.js';
import { slotCount } from './hash-slot.js';

/** Time between two looks at the topology while nothing calls for one, in ms. */
const pollInterval = 3000;
/** The same while a master is missing, whose slots another one may have got, in ms. */
const missingInterval = 500;
/** Shortest time between two looks, in ms: signals come in swarms. */
const shortestPause = 100;

/** `host:port` of a node. */
export type Address = string;

/** What a topology tells. */
export interface TopologyEvents {
  /** Nodes have said who has which slot. Returns whether every master of ours can be reached. */
  looked(): boolean;
  /** One slot has another master than before. */
  moved(): void;
  /** Redis does not want us; the sentence is for the operator. */
  refused(sentence: string): void;
}

/**
 * Which master has which slot, as the nodes of a Redis Cluster say. Looks every few seconds, more often while a master is
 * missing, and when somebody has been sent elsewhere. Each look has a connection of its own to the first node that
 * answers: nothing to heal, and a node that hangs is left at once.
 */
export class Topology {
  readonly #options: RedisBrokerOptions;
  readonly #names: Names;
  readonly #events: TopologyEvents;
  readonly #endpoint: Endpoint;
  #owners: Owners = [];
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  /** The next look is due in no time. */
  #soon = false;
  /** Somebody asked while a look was under way. */
  #again = false;
  /** Whom to ask first. */
  #best: Address | undefined;
  #closed = false;

  /** @throws {RangeError} when the URL is not that of a cluster */
  constructor(options: RedisBrokerOptions, names: Names, events: TopologyEvents) {
    const endpoint = parseEndpoint(options.url);
    if (endpoint?.seeds === undefined) throw new RangeError('redis url: expected that of a cluster');
    this.#endpoint = endpoint;
    this.#options = options;
    this.#names = names;
    this.#events = events;
  }

  /** The master of a slot; undefined while none is known. */
  ownerOf(slot: number): Address | undefined {
    return this.#owners[slot];
  }

  open(): void {
    void this.#look();
  }

  /**
   * Looks soon.
   * @param at the node that has reason to know best; without it, any, because the one asked last may be cut off itself
   */
  refresh(at?: Address): void {
    this.#best = at ?? this.#anyone();
    if (this.#looking) this.#again = true;
    else if (!this.#soon) this.#schedule(shortestPause);
    this.#soon = true;
  }

  /** A node has said who has a slot now. */
  moved(slot: number, owner: Address): void {
    this.refresh(owner);
    if (this.#owners[slot] === owner) return;
    this.#owners = this.#owners.map((known, other) => (other === slot ? owner : known));
    this.#events.moved();
  }

  /** The options of a connection to one node. */
  optionsOf(address: Address): RedisBrokerOptions {
    const { user, password, tls } = this.#endpoint;
    const login = password === '' ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
    return { ...this.#options, url: `redis${tls ? 's' : ''}://${login}${address}`, sharded: true };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(pause: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), pause);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#again = false;
    const owners = await this.#askAnyone();
    this.#looking = false;
    this.#soon = this.#again;
    this.#schedule(this.#again ? shortestPause : pollInterval);
    if (this.#closed) return;
    this.#owners = owners ?? this.#owners;
    const complete = owners !== undefined && this.#events.looked();
    if (complete || this.#soon) return;
    // Whoever was asked may be cut off itself.
    this.#best = this.#anyone();
    this.#schedule(missingInterval);
  }

  #anyone(): Address | undefined {
    return this.#owners[Math.floor(Math.random() * slotCount)];
  }

  /** The answer of the first node that has one; that node is the first to be asked the next time. */
  async #askAnyone(): Promise<Owners | undefined> {
    const seeds = this.#endpoint.seeds!.map(({ host, port }) => addressOf(host, port));
    for (const address of new Set([this.#best, ...this.#owners, ...seeds])) {
      if (address === undefined || this.#closed) continue;
      const owners = await this.#ask(address).catch(() => undefined);
      if (owners === undefined) continue;
      this.#best = address;
      return owners;
    }
    return undefined;
  }

  async #ask(address: Address): Promise<Owners> {
    const options = this.optionsOf(address);
    const { redis, complain } = createConnection(options, this.#names, 'topology', this.#events.refused);
    try {
      await redis.connect();
      return readOwners(await redis.cluster('SLOTS'), hostOf(address));
    } catch (error) {
      // Any other error is an event too.
      if (error instanceof ReplyError) complain(error as Error);
      throw error;
    } finally {
      void closeConnection(redis);
    }
  }
}

/** The master of each slot. */
type Owners = readonly (Address | undefined)[];

/**
 * Reads the answer to CLUSTER SLOTS. A node that does not know its own name leaves it out, and means the one that it was
 * asked by. https://redis.io/docs/latest/commands/cluster-slots/
 * @param asked host of the node that has answered
 */
export function readOwners(answer: unknown, asked: string): Owners {
  const owners: (Address | undefined)[] = Array(slotCount).fill(undefined);
  for (const [first, last, [host, port]] of answer as [number, number, [string | null, number]][])
    if (host !== '?') owners.fill(addressOf(host || asked, port), first, last + 1);
  return owners;
}

function addressOf(host: string, port: number): Address {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostOf(address: Address): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
