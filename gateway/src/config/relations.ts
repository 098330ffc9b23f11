import { isIP } from 'node:net';
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
    options: ['public-host', 'public-port', 'internal-host', 'internal-port'],
    expected: 'different ports, or different addresses to listen on',
    given: (c) =>
      c.publicPort === c.internalPort && c.publicPort !== 0 && mayShareAddress(c.publicHost, c.internalHost)
        ? `${c.publicPort} for both`
        : undefined,
  },
  {
    options: ['redis-ca-file', 'redis-url'],
    expected: 'a rediss:// URL where an authority is given, or the connection would not be encrypted',
    given: (c) => (c.redisCaFile !== '' && !c.redisUrl.startsWith('rediss://') ? 'none' : undefined),
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
