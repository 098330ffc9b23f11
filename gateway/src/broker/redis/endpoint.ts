/** Where a Redis is, and as whom to come there. */
export interface Endpoint {
  /** The Redis itself; empty where Sentinels know which it is. */
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
}

/** Sentinels, and the name under which they watch our master. */
export interface Sentinels {
  readonly name: string;
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
}

/** What parseEndpoint reads, so that it reads well after "expected". */
export const endpointForms =
  'redis:// or rediss:// with [user:password@]host[:port][/database], ' +
  'or redis+sentinel:// or rediss+sentinel:// with [user:password@]host[:port],…/name[/database]';

const sentinelPort = 26_379;
const redisPort = 6379;

/** Login, hosts and path; the characters that end a part may stand in none before it. */
const form =
  /^redis(?<tls>s?)(?<sentinel>\+sentinel)?:\/\/(?:(?<user>[^:@/?#]*):(?<password>[^@/?#]+)@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?$/;

/**
 * Reads the URL of a Redis, or of the Sentinels that watch one:
 *
 *     redis[s]://[user:password@]host[:port][/database]
 *     redis[s]+sentinel://[user:password@]host[:port],…/name[/database]
 *
 * Undefined when it is neither. A query is refused because ioredis would take it for options of its own, and a lone user
 * because it is nearly always a password that lacks its colon.
 */
export function parseEndpoint(url: string): Endpoint | undefined {
  const parts = form.exec(url)?.groups;
  if (parts === undefined) return undefined;
  const path = (parts['path'] ?? '').split('/');
  const name = parts['sentinel'] === undefined ? '' : decode(path.shift() ?? '');
  const [user, password] = [decode(parts['user'] ?? ''), decode(parts['password'] ?? '')];
  const hosts = parts['hosts']!.split(',').map((host) =>
    parseHost(host, name === '' ? redisPort : sentinelPort),
  );
  if (name === undefined || user === undefined || password === undefined) return undefined;
  if (hosts.includes(undefined) || path.length > 1 || !/^\d{0,5}$/.test(path[0] ?? '')) return undefined;
  if (parts['sentinel'] === undefined ? hosts.length > 1 : name === '') return undefined;
  const known = hosts as { host: string; port: number }[];
  return {
    ...(name === '' ? known[0]! : { host: '', port: 0 }),
    ...{ user, password, database: Number(path[0] ?? 0), tls: parts['tls'] === 's' },
    sentinel: name === '' ? undefined : { name, hosts: known },
  };
}

/** A host name, IPv4 address or IPv6 address in brackets, as URLs know them; any host of a URL will do. */
function parseHost(text: string, standardPort: number): { host: string; port: number } | undefined {
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
