import { userChannel } from '@tabcast/shared';

/**
 * Every name that we use in Redis.
 *
 *     <prefix>:{p<n>}:c:<channel>         what is subscribed and published to
 *     <prefix>:{p<n>}:i:<channel>:<key>   what was published under an idempotency key
 *     <prefix>:{p<n>}:h:<channel>         where the channel stands, see history-scripts.ts
 *     <prefix>:{p<n>}:k:<channel>         what the channel has kept
 *     <prefix>:{p<n>}:probe:<gateway>     where a gateway hears itself; with `:<text>` what it sent there
 *     <prefix>:{p<n>}:probe:<gateway>:trial  where it finds out at its start what it may do; with `:<kind>`
 *     <prefix>:{p<n>}:g:<channel>         the groups that the backend has put the user of the channel into
 *     <prefix>:{p<n>}:online              the users of the partition of whom the backend was told that they are online
 *     <prefix>:{registry}:leases          the gateways alive
 *     <prefix>:{registry}:revocations     the tokens that count no more
 *     <prefix>:{registry}:trial:<gateway> where a gateway finds out at its start what it may do; with `:<kind>`
 *
 * Each channel belongs to one of 256 partitions, and the partition is the hash tag of all names of the channel: in a
 * Redis Cluster they share a slot, so one script may touch them together.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export class Names {
  readonly #prefix: string;

  /** @throws {RangeError} when the prefix could be mistaken for a hash tag or a pattern */
  constructor(prefix: string) {
    if (!/^[\w.-]{1,64}$/.test(prefix))
      throw new RangeError('redis prefix: expected 1 to 64 letters, digits, dots, underscores or hyphens');
    this.#prefix = prefix;
  }

  /** Matches all our names, and is a pattern of Redis' ACL. */
  get pattern(): string {
    return `${this.#prefix}:*`;
  }

  /** The redis channel of a channel. ASCII. */
  channel(channel: string): string {
    const encoded = encodeChannel(channel);
    return this.#name(encoded, 'c', encoded);
  }

  /** Where the result of a publication is stored. */
  idempotency(channel: string, key: string): string {
    const encoded = encodeChannel(channel);
    return this.#name(encoded, 'i', `${encoded}:${encodePart(key)}`);
  }

  /** Where the history of a channel is kept. */
  history(channel: string): [head: string, kept: string] {
    const encoded = encodeChannel(channel);
    return [this.#name(encoded, 'h', encoded), this.#name(encoded, 'k', encoded)];
  }

  /** The redis channel on which a gateway hears itself. ASCII. @param number the partition to do so in */
  probe(gateway: string, number = partition(encodePart(gateway))): string {
    return `${this.#prefix}:{p${number}}:probe:${encodePart(gateway)}`;
  }

  /** Where the groups of a user are stored. */
  groups(user: string): string {
    const encoded = encodeChannel(userChannel(user));
    return this.#name(encoded, 'g', encoded);
  }

  /** Where it is noted that a user is online. */
  presence(user: string): Presence & { readonly member: string } {
    return { ...this.#presence(partition(encodeChannel(userChannel(user)))), member: encodePart(user) };
  }

  /** Every place where users are noted as online. */
  presences(): Presence[] {
    return Array.from({ length: partitions }, (_, number) => this.#presence(number));
  }

  get leases(): string {
    return `${this.#prefix}:{registry}:leases`;
  }

  get revocations(): string {
    return `${this.#prefix}:{registry}:revocations`;
  }

  /** What begins the names of a gateway's trial. */
  trial(gateway: string): string {
    return `${this.#prefix}:{registry}:trial:${encodePart(gateway)}`;
  }

  #presence(number: number): Presence {
    const place = `${this.#prefix}:{p${number}}`;
    return { online: `${place}:online`, channels: `${place}:c:${userChannel('')}` };
  }

  #name(partitioned: string, kind: string, rest: string): string {
    return `${this.#prefix}:{p${partition(partitioned)}}:${kind}:${rest}`;
  }
}

/** Where the users of one partition are noted as online. */
export interface Presence {
  /** The set of them. Its members are encoded: see `userOf`. */
  readonly online: string;
  /** What, followed by such a member, is the redis channel of the user. */
  readonly channels: string;
}

/** The user that a member of a set of users stands for. */
export function userOf(member: string): string {
  return decodeURIComponent(member);
}

/** How many partitions there are. */
export const partitions = 256;

/** FNV-1a over ASCII, folded. Part of every name, so it never changes. http://www.isthe.com/chongo/tech/comp/fnv/ */
function partition(encoded: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < encoded.length; i++) hash = Math.imul(hash ^ encoded.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (partitions - 1);
}

/** Keeps the first colon, which parts kind from id, and encodes both sides: injective, and still readable. */
function encodeChannel(channel: string): string {
  const colon = channel.indexOf(':');
  if (colon === -1) return encodePart(channel);
  return `${encodePart(channel.slice(0, colon))}:${encodePart(channel.slice(colon + 1))}`;
}

const unsafe = /[^\w.~@-]/;
const unsafeRuns = /[^\w.~@-]+/g;

/** Percent-encodes the UTF-8 bytes of whatever could mean something to Redis. Injective for well-formed Unicode. */
function encodePart(text: string): string {
  if (!unsafe.test(text)) return text;
  return text.replace(unsafeRuns, (run) => Buffer.from(run).toString('hex').replace(/../g, '%$&'));
}
