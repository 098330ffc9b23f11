import { isIP } from 'node:net';
import { refusalOfHost } from '../backend/webhook/address.js';
import { isLoopback, masked } from './kinds.js';
import type { Config, OptionName } from './options.js';
import type { Problem } from './problem.js';
import type { Setting } from './setting.js';

/** A relation between options. It is not looked at when one of them could not be read. */
interface Relation {
  /** The only mode in which it counts; absent where it always does. */
  readonly mode?: Config['mode'];
  /** The options that it is about. */
  readonly options: readonly OptionName[];
}

/** A relation that must hold. */
interface Rule extends Relation {
  readonly expected: string;
  /** What breaks the rule, for people and without secrets; undefined when it holds. */
  given(config: Config): string | undefined;
}

/** A relation that deserves a word before it is relied upon. */
interface Caution extends Relation {
  readonly sentence: string;
  applies(config: Config): boolean;
}

const minKeyLength = 32;

/** What a tab that comes back says of each of its groups, in bytes: a name as long as a UUID, and a position. */
const bytesPerResumedGroup = 100;

/** Without these a gateway does not start. */
const rules: readonly Rule[] = [
  {
    mode: 'production',
    options: ['token-secrets', 'token-key-files', 'token-jwks-url'],
    expected: 'at least one of them in production, to verify tokens with',
    given: (c) => noneIf(c.tokenSecrets.length + c.tokenKeyFiles.length + c.tokenJwksUrl.length === 0),
  },
  {
    mode: 'production',
    options: ['api-keys'],
    expected: 'at least one key in production',
    given: (c) => noneIf(c.apiKeys.length === 0),
  },
  {
    mode: 'production',
    options: ['api-keys'],
    expected: `at least ${minKeyLength} characters in each key in production`,
    given: (c) => shortKeys(c.apiKeys),
  },
  {
    mode: 'production',
    options: ['origins'],
    expected: 'the origins of your pages in production, or * for any',
    given: (c) => noneIf(c.origins.length === 0),
  },
  {
    mode: 'development',
    options: ['public-host'],
    expected: 'a loopback address in development, such as 127.0.0.1',
    given: (c) => (isLoopback(c.publicHost) ? undefined : c.publicHost),
  },
  {
    mode: 'development',
    options: ['internal-host'],
    expected: 'a loopback address in development, such as 127.0.0.1',
    given: (c) => (isLoopback(c.internalHost) ? undefined : c.internalHost),
  },
  {
    mode: 'development',
    options: ['workers'],
    expected: '1 in development',
    given: (c) => (c.workers === 1 ? undefined : String(c.workers)),
  },
  {
    options: ['workers', 'redis-url'],
    expected: 'a redis-url where there are several workers, or they would not hear of each other',
    given: (c) => noneIf(c.workers > 1 && c.redisUrl === ''),
  },
  {
    options: ['public-host', 'public-port', 'internal-host', 'internal-port'],
    expected: 'different ports, or different addresses to listen on',
    given: (c) =>
      c.publicPort === c.internalPort && c.publicPort !== 0 && mayShareAddress(c.publicHost, c.internalHost)
        ? `${c.publicPort} for both`
        : undefined,
  },
  {
    options: ['tls-cert-file', 'tls-key-file'],
    expected: 'both or none of them',
    given: (c) => ((c.tlsCertFile === '') === (c.tlsKeyFile === '') ? undefined : 'one'),
  },
  {
    options: ['redis-ca-file', 'redis-url'],
    expected: 'a rediss:// URL where an authority is given, or the connection would not be encrypted',
    given: (c) => (c.redisCaFile !== '' && !c.redisUrl.startsWith('rediss') ? 'none' : undefined),
  },
  {
    options: ['redis-sentinel-password', 'redis-url'],
    expected: 'a redis+sentinel:// URL where Sentinels have a password',
    given: (c) =>
      c.redisSentinelPassword !== '' && !c.redisUrl.includes('+sentinel://') ? 'none' : undefined,
  },
  {
    options: ['webhook-secrets', 'webhook-url'],
    expected: 'at least one secret where there is a webhook-url',
    given: (c) => noneIf(c.webhookUrl !== '' && c.webhookSecrets.length === 0),
  },
  {
    options: ['webhook-events', 'webhook-url'],
    expected: 'at least one event where there is a webhook-url',
    given: (c) => noneIf(c.webhookUrl !== '' && c.webhookEvents.length === 0),
  },
  {
    options: ['handlers', 'webhook-url', 'webhook-events'],
    expected: 'no action among the webhook-events where there are handlers: one of both takes the actions',
    given: (c) =>
      c.handlers !== '' && c.webhookUrl !== '' && c.webhookEvents.includes('action') ? 'both' : undefined,
  },
  {
    options: ['webhook-url', 'webhook-private-networks'],
    expected: 'an https:// URL to the internet, or webhook-private-networks',
    given: (c) => (c.webhookUrl === '' ? undefined : riskOf(c.webhookUrl, c.webhookPrivateNetworks)),
  },
];

/** With these a gateway starts, and says so. */
const cautions: readonly Caution[] = [
  {
    mode: 'production',
    options: ['origins'],
    sentence: 'with * any page on the internet can connect in the name of its visitor',
    applies: (c) => c.origins.includes('*'),
  },
  {
    mode: 'production',
    options: ['token-query'],
    sentence: 'tokens in URLs land in the logs of every proxy on the way',
    applies: (c) => c.tokenQuery,
  },
  {
    mode: 'production',
    options: ['redis-url'],
    sentence: 'without Redis this gateway works alone; a second one would not hear of its messages',
    applies: (c) => c.redisUrl === '',
  },
  {
    mode: 'production',
    options: ['tls-cert-file', 'trusted-proxies', 'public-host'],
    sentence:
      'tokens and messages cross the network unencrypted, unless a proxy in front of the gateway takes care of TLS; if so, name it in trusted-proxies',
    applies: (c) => c.tlsCertFile === '' && c.trustedProxies.length === 0 && !isLoopback(c.publicHost),
  },
  {
    mode: 'production',
    options: ['trusted-proxies'],
    sentence: 'where all addresses are trusted, every client can pretend to come from any of them',
    applies: (c) => c.trustedProxies.some((network) => network.endsWith('/0')),
  },
  {
    mode: 'production',
    options: ['max-tabs-per-address', 'trusted-proxies', 'tls-cert-file'],
    sentence:
      'if there is a proxy in front of the gateway, all tabs come from its address; name it in trusted-proxies',
    applies: (c) => c.maxTabsPerAddress > 0 && c.trustedProxies.length === 0 && c.tlsCertFile === '',
  },
  {
    options: ['max-payload', 'max-groups'],
    sentence: `a tab that comes back names all its groups in one message, with about ${bytesPerResumedGroup} bytes for each; one in max-groups groups would send more than max-payload and lose its connection time and again`,
    applies: (c) => c.maxGroups * bytesPerResumedGroup > c.maxPayload,
  },
];

/** Looks at every relation whose options could all be read. */
export function checkRelations(
  config: Config,
  settings: readonly Setting[],
): { problems: Problem[]; warnings: string[] } {
  const setting = new Map(settings.map((one) => [one.name, one]));
  const counts = ({ mode, options }: Relation) =>
    (mode === undefined || (mode === config.mode && setting.get('mode')?.readable)) &&
    options.every((name) => setting.get(name)?.readable);
  const where = ({ options }: Relation) =>
    options.map((name) => setting.get(name)?.source ?? name).join(', ');

  const problems = rules.filter(counts).flatMap((rule): Problem[] => {
    const given = rule.given(config);
    return given === undefined ? [] : [{ where: where(rule), expected: rule.expected, given }];
  });
  const warnings = cautions
    .filter((caution) => counts(caution) && caution.applies(config))
    .map((caution) => `${where(caution)}: ${caution.sentence}`);
  return { problems, warnings };
}

/** What is wrong with a URL for webhooks. An address that a name stands for is checked when it is used. */
function riskOf(url: string, privateNetworks: boolean): string | undefined {
  const isPlain = url.startsWith('http:') && !privateNetworks;
  return isPlain ? 'plain http' : refusalOfHost(new URL(url), privateNetworks);
}

function noneIf(missing: boolean): string | undefined {
  return missing ? 'none' : undefined;
}

function shortKeys(keys: readonly string[]): string | undefined {
  const short = keys.filter((key) => key.length < minKeyLength);
  return short.length === 0
    ? undefined
    : short.map((key) => `${masked} (${key.length} characters)`).join(', ');
}

/** Names may stand for any address, so only two different and specific addresses are sure to be apart. */
function mayShareAddress(a: string, b: string): boolean {
  const anyAddress = ['0.0.0.0', '::'];
  const specific = [a, b].every((host) => isIP(host) !== 0 && !anyAddress.includes(host));
  return !specific || a === b;
}
