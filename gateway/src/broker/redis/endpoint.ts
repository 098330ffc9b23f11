/** Where a Redis is, and as whom to come there. */
export interface Endpoint {
  /** The Redis itself; empty where Sentinels know which it is, or where it is a cluster. */
  readonly host: string;
  readonly port: number;
  /** Empty: `default`. */
  readonly user: string;
  /** Empty: none. */
  readonly password: string;
  readonly database: number;
  readonly tls: boolean;
  /** Those who know which Redis is the master of a name; undefined where there is one Redis. */
  readonly sentinel: Sentinels | undefined;
  /** Nodes of a cluster, of which one must answer; undefined where there is none. */
  readonly seeds: readonly Host[] | undefined;
}

/** One server. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

/** Sentinels, and the name under which they watch our master. */
export interface Sentinels {
  readonly name: string;
  readonly hosts: readonly Host[];
}

/** What parseEndpoint reads, so that it reads well after "expected". */
export const endpointForms =
  'redis:// or rediss:// with [user:password@]host[:port][/database], ' +
  'or redis+sentinel:// or rediss+sentinel:// with [user:password@]host[:port],…/name[/database], ' +
  'or redis+cluster:// or rediss+cluster:// with [user:password@]host[:port],…';

const sentinelPort = 26_379;
const redisPort = 6379;

/** Login, hosts and path; the characters that end a part may stand in none before it. */
const form =
  /^redis(?<tls>s?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^:@/?#]*):(?<password>[^@/?#]+)@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?$/;

/**
 * Reads the URL of a Redis, of the Sentinels that watch one, or of nodes of a cluster:
 *
 *     redis[s]://[user:password@]host[:port][/database]
 *     redis[s]+sentinel://[user:password@]host[:port],…/name[/database]
 *     redis[s]+cluster://[user:password@]host[:port],…
 *
 * Undefined when it is none of them. A query is refused because ioredis would take it for options of its own, and a lone
 * user because it is nearly always a password that lacks its colon.
 */
export function parseEndpoint(url: string): Endpoint | undefined {
  const parts = form.exec(url)?.groups;
  if (parts === undefined) return undefined;
  const kind = parts['kind'];
  const path = (parts['path'] ?? '').split('/');
  const name = kind === 'sentinel' ? decode(path.shift() ?? '') : '';
  const [user, password] = [decode(parts['user'] ?? ''), decode(parts['password'] ?? '')];
  const hosts = parseHosts(parts['hosts']!, kind === 'sentinel' ? sentinelPort : redisPort);
  if (name === undefined || user === undefined || password === undefined) return undefined;
  if (hosts === undefined || path.length > 1 || !/^\d{0,5}$/.test(path[0] ?? '')) return undefined;
  if (kind === undefined && hosts.length > 1) return undefined;
  if (kind === 'sentinel' && name === '') return undefined;
  if (kind === 'cluster' && path[0]) return undefined;
  return {
    ...(kind === undefined ? hosts[0]! : { host: '', port: 0 }),
    ...{ user, password, database: Number(path[0] ?? 0), tls: parts['tls'] === 's' },
    sentinel: kind === 'sentinel' ? { name, hosts } : undefined,
    seeds: kind === 'cluster' ? hosts : undefined,
  };
}

/** Whether a URL is that of a cluster. */
export function isCluster(url: string): boolean {
  return parseEndpoint(url)?.seeds !== undefined;
}

/** Undefined when one of them is none. */
function parseHosts(text: string, standardPort: number): Host[] | undefined {
  const hosts = text.split(',').map((host) => parseHost(host, standardPort));
  return hosts.includes(undefined) ? undefined : (hosts as Host[]);
}

/** A host name, IPv4 address or IPv6 address in brackets, as URLs know them; any host of a URL will do. */
function parseHost(text: string, standardPort: number): Host | undefined {
  const url = URL.canParse(`redis://${text}`) ? new URL(`redis://${text}`) : undefined;
  if (url === undefined || url.hostname === '' || url.pathname !== '') return undefined;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || standardPort) };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
