import { once } from 'node:events';
import { connect } from 'node:net';
import { jsonProtocol } from '@tabcast/shared';
import { tabcastDialect } from '../fleet/dialect.js';
import type { Address } from '../fleet/plan.js';
import { Api } from '../sending/api.js';
import { type ApiWay, type Dealing, dealingFor } from '../sending/plan.js';
import { MetricsPages, Prometheus, type UsageReader } from './metrics.js';
import type { Destination, Target, Visitor } from './target.js';
import { tokenFor } from './token.js';

/** Path of tabs where the URL has none. */
const usualPath = '/ws';

/** Longest wait for a connection, ms. */
const patience = 5000;

/** Gateways that run elsewhere, as the command line of `load` names them. */
export interface RemoteOptions {
  /** `--url`: where tabs connect, ws:// or wss:// and all with one path; tabs go to them in turn. */
  readonly urls: readonly string[];
  /** `--insecure`: whether any certificate will do for tabs (false). */
  readonly insecure?: boolean;
  /** `--api`: internal ports, http:// or https:// without a path; none where nothing is sent. */
  readonly apis?: readonly string[];
  /** `--api-key`: beside `--api`. */
  readonly apiKey?: string;
  /** `--token-secret`: signs the tokens of tabs (HS256); without it tabs are anonymous. */
  readonly tokenSecret?: string;
  /** `--metrics`: the page of each gateway, for instance http://10.0.0.7:8081/metrics. */
  readonly metrics?: readonly string[];
  /** `--prometheus`: instead a Prometheus server that scrapes all gateways. */
  readonly prometheus?: string;
}

/**
 * Finds gateways that run elsewhere.
 * @throws {RangeError} that names the option and what was expected; other errors say who cannot be reached
 */
export async function remoteTabcast(options: RemoteOptions): Promise<Target> {
  const { urls, insecure = false, tokenSecret } = options;
  const { servers, path } = readSockets(urls, insecure);
  const api = readApi(options);
  const usage = readUsage(options);
  await Promise.all([
    ...servers.map(reachSocket),
    ...(api?.urls.map((url) => reachApi(url, api.key)) ?? []),
    usage?.read(),
  ]);
  const apiWay = (targets: readonly Destination[], dealing: Dealing): ApiWay => {
    if (api === undefined) throw new RangeError('--api: expected, because this sends');
    if (tokenSecret === undefined) checkForAll(targets);
    return { kind: 'api', ...api, targets, ...dealing };
  };
  return {
    name: `tabcast at ${urls.join(', ')}`,
    ...{ servers, dialect: tabcastDialect },
    tab: (visitor) => ({ path, protocols: [jsonProtocol, ...bearer(visitor, tokenSecret)] }),
    way: async (destinations, textBytes) => apiWay(destinations, dealingFor(textBytes)),
    api: apiWay,
    // They have told once; a gateway that is silent for a moment ends no soak.
    usage: async () => (await usage?.read().catch(() => [])) ?? [],
    stop: async () => {},
  };
}

function bearer(visitor: Visitor, secret: string | undefined): string[] {
  return secret === undefined ? [] : [`bearer.${tokenFor(visitor, secret)}`];
}

function readSockets(urls: readonly string[], insecure: boolean): { servers: Address[]; path: string } {
  if (urls.length === 0)
    throw new RangeError('--url: expected at least one, for instance wss://example.com/ws');
  const parsed = urls.map((text) => readUrl('url', text, ['ws:', 'wss:']));
  const [path, other] = new Set(
    parsed.map(({ pathname, search }) => (pathname === '/' ? usualPath : pathname) + search),
  );
  if (other !== undefined)
    throw new RangeError(`--url: expected the same path everywhere, got ${path} and ${other}`);
  return { path: path!, servers: parsed.map((url) => addressOf(url, insecure)) };
}

function addressOf({ protocol, hostname, port }: URL, insecure: boolean): Address {
  const secure = protocol === 'wss:';
  return {
    // Brackets around an IPv6 address belong to the URL (RFC 3986 §3.2.2).
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (secure ? 443 : 80),
    ...(secure && { secure }),
    ...(secure && insecure && { insecure }),
  };
}

function readApi({ apis = [], apiKey }: RemoteOptions): { urls: string[]; key: string } | undefined {
  if (apis.length === 0 && apiKey === undefined) return undefined;
  if (apiKey === undefined) throw new RangeError('--api-key: expected beside --api');
  if (apis.length === 0)
    throw new RangeError('--api: expected beside --api-key, for instance http://10.0.0.7:8081');
  const urls = apis.map((text) => readUrl('api', text, ['http:', 'https:']));
  const long = urls.find(({ pathname, search }) => pathname !== '/' || search !== '');
  if (long !== undefined) throw new RangeError(`--api: expected a URL without a path, got "${long}"`);
  return { urls: urls.map(({ origin }) => origin), key: apiKey };
}

function readUsage({ metrics = [], prometheus }: RemoteOptions): UsageReader | undefined {
  if (prometheus !== undefined && metrics.length > 0)
    throw new RangeError('--prometheus: expected not beside --metrics, which tells the same');
  if (prometheus !== undefined) return new Prometheus(readUrl('prometheus', prometheus, ['http:', 'https:']));
  if (metrics.length === 0) return undefined;
  return new MetricsPages(metrics.map((text) => readUrl('metrics', text, ['http:', 'https:'])));
}

function readUrl(option: string, text: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && protocols.includes(url.protocol) && url.hostname !== '') return url;
  throw new RangeError(
    `--${option}: expected a URL that begins with ${protocols.join('// or ')}//, got "${text}"`,
  );
}

/** Anonymous tabs are in one channel only. */
function checkForAll(destinations: readonly Destination[]): void {
  if (destinations.every((destination) => 'all' in destination)) return;
  throw new RangeError(
    '--token-secret: expected, because this sends to users or groups and anonymous tabs are of none',
  );
}

/** Connects, as a tab does at first. */
async function reachSocket({ host, port }: Address): Promise<void> {
  const socket = connect({ host, port, timeout: patience }).on('timeout', () =>
    socket.destroy(new Error(`no connection within ${patience} ms`)),
  );
  try {
    await once(socket, 'connect');
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Error(`${host}:${port}, where tabs connect, cannot be reached: ${message || code}`);
  } finally {
    socket.destroy();
  }
}

async function reachApi(url: string, key: string): Promise<void> {
  const api = new Api(url, key);
  await api.open().finally(() => api.close());
}
