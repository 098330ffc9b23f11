import {
  apiKey,
  choice,
  host,
  integer,
  type Kind,
  optional,
  origin,
  pattern,
  port,
  redisUrl,
  secret,
  secureUrl,
  text,
  trueOrFalse,
} from './kinds.js';

/** One row of the table of options. `T` is the type in `Config`; an option is a list where its default is one. */
export interface Option<T> {
  /** How the value, or each item of a list, is read. */
  readonly kind: Kind<T extends readonly (infer Item)[] ? Item : T>;
  readonly default: T;
  /** The default in development mode, where it differs. */
  readonly development?: T;
  /** What it is for, in one or two sentences, as Markdown. */
  readonly sentence: string;
}

/** Every option there is. Flags, environment variables, the keys of the file, the type `Config` and the docs follow. */
export const options = {
  mode: one(choice('production', 'development'), 'production', {
    sentence:
      '`development` relaxes checks and changes the defaults marked below; it listens on this machine only.',
  }),
  'public-host': one(host, '0.0.0.0', {
    development: '127.0.0.1',
    sentence: 'Where tabs connect: the address to listen on.',
  }),
  'public-port': one(port, 8080, { sentence: 'Where tabs connect: the port to listen on.' }),
  'internal-host': one(host, '127.0.0.1', {
    sentence:
      'Where backends, probes and metrics connect: the address to listen on. Never expose it to the internet.',
  }),
  'internal-port': one(port, 8081, {
    sentence: 'Where backends, probes and metrics connect: the port to listen on.',
  }),
  origins: many(origin, {
    sentence:
      'Origins whose pages may connect. In development an empty list admits pages of the same host as the gateway.',
  }),
  'redis-url': one(optional(redisUrl), '', {
    sentence: 'The Redis that connects the gateways. Empty: this gateway works alone, in its own memory.',
  }),
  'redis-prefix': one(
    pattern('1 to 64 letters, digits, dots, underscores or hyphens', /^[A-Za-z0-9_.-]{1,64}$/),
    'tabcast',
    { sentence: 'What every name in Redis begins with. Gateways with the same prefix form one cluster.' },
  ),
  'redis-ca-file': one(optional(text('a path')), '', {
    sentence:
      'PEM file of the authority that signed the certificate of Redis. Empty: those that Node trusts.',
  }),
  'redis-timeout': one(integer(100, 30_000, 'ms'), 1000, {
    sentence: 'How long a command may wait for an answer of Redis.',
  }),
  'redis-probe-interval': one(integer(100, 60_000, 'ms'), 1000, {
    sentence:
      'How often a gateway sends itself a message through Redis, to find a connection that has gone deaf.',
  }),
  'token-secrets': many(secret(32), {
    sentence: 'Shared secrets (HS256, HS384, HS512) that verify tokens; several at once for rotation.',
  }),
  'token-key-files': many(text('a path'), { sentence: 'PEM files of public keys that verify tokens.' }),
  'token-jwks-url': one(optional(secureUrl), '', {
    sentence: 'JSON Web Key Set with public keys that verify tokens.',
  }),
  'token-issuer': one(optional(text('a text')), '', {
    sentence: 'Claim `iss` that every token must carry. Empty: not checked.',
  }),
  'token-audiences': many(text('a text'), {
    sentence: 'A token must carry one of these as claim `aud`. Empty: not checked.',
  }),
  'token-clock-tolerance': one(integer(0, 60, 's'), 5, {
    sentence: 'How far the clock of the issuer may be off.',
  }),
  'token-cookie': one(optional(pattern('a cookie name (RFC 6265)', /^[\w!#$%&'*+.^`|~-]+$/)), '', {
    sentence:
      'Cookie that may carry the token. A token from it needs an `Origin` header, or a foreign page could use the cookie. Empty: none.',
  }),
  'token-query': one(trueOrFalse, false, {
    development: true,
    sentence: 'Whether `?token=` may carry the token. It lands in the logs of proxies.',
  }),
  anonymous: one(trueOrFalse, false, { sentence: 'Whether tabs without a token are welcome.' }),
  'auth-timeout': one(integer(500, 60_000, 'ms'), 5000, {
    sentence: 'How long a new connection may take to bring its token.',
  }),
  'token-grace': one(integer(0, 300_000, 'ms'), 10_000, {
    sentence: 'How long a tab may stay after its token has expired, to bring a new one.',
  }),
  'max-payload': one(integer(1024, 1_048_576, 'bytes'), 65_536, {
    sentence: 'Longest frame that a tab may send.',
  }),
  'max-backpressure': one(integer(65_536, 16_777_216, 'bytes'), 262_144, {
    sentence: 'How much may wait for a slow tab before it is closed with 4001.',
  }),
  'idle-timeout': one(integer(8, 40, 's', 4), 40, {
    sentence:
      'Silence after which a connection counts as dead. A ping goes out up to 16 s before that, so at the latest after 24 s of silence.',
  }),
  compression: one(trueOrFalse, false, {
    sentence: 'Whether permessage-deflate is offered. Costs CPU and memory per tab.',
  }),
  'api-keys': many(apiKey, {
    sentence:
      'Keys that backends present as `Authorization: Bearer`; several at once for rotation. In production each has at least 32 characters.',
  }),
  'api-body-limit': one(integer(1024, 16_777_216, 'bytes'), 1_048_576, {
    sentence: 'Longest request body on the internal port.',
  }),
  'idempotency-ttl': one(integer(1, 86_400, 's'), 300, {
    sentence: 'How long an `Idempotency-Key` is remembered.',
  }),
  handlers: one(optional(text('a path')), '', {
    sentence: 'Module whose functions handle the actions of tabs. Empty: nothing handles them.',
  }),
  'log-level': one(choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'info', {
    development: 'warn',
    sentence: 'The least severe log lines that are written.',
  }),
} as const satisfies Record<string, Option<unknown>>;

/** Name of an option, as in flags and files. */
export type OptionName = keyof typeof options;

/** The options in force, by camelCase name. Frozen, lists too. */
export type Config = {
  readonly [Name in OptionName as CamelCase<Name>]: (typeof options)[Name] extends Option<infer T>
    ? T
    : never;
};

/** Every name, in the order of the table. */
export const optionNames = Object.keys(options) as OptionName[];

/** Whether a text names an option. */
export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(options, name);
}

/** Whether an option takes several values. */
export function isList(option: Option<unknown>): boolean {
  return Array.isArray(option.default);
}

/** What an option accepts, in words, with range and unit. */
export function accepts(option: Option<unknown>): string {
  return isList(option) ? `a list; each ${option.kind.expected}` : option.kind.expected;
}

/** The default of an option, and the one in development mode where it differs, as Markdown. */
export function defaults({ default: standard, development }: Option<unknown>): string {
  return asCode(standard) + (development === undefined ? '' : `; in development ${asCode(development)}`);
}

function asCode(value: unknown): string {
  const text = String(value);
  return text === '' ? 'empty' : `\`${text}\``;
}

/** `redis-url` → `redisUrl`, the member of `Config`. */
export function memberName(name: OptionName): keyof Config {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof Config;
}

/** `redis-url` → `TABCAST_REDIS_URL`. */
export function variableName(name: string): string {
  return `TABCAST_${name.toUpperCase().replaceAll('-', '_')}`;
}

type CamelCase<Name> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

type Notes<T> = Omit<Option<T>, 'kind' | 'default'>;

function one<T extends string | number | boolean>(
  kind: Kind<T>,
  standard: NoInfer<T>,
  notes: Notes<NoInfer<T>>,
): Option<T> {
  return { kind, default: standard, ...notes } as Option<T>;
}

function many(kind: Kind<string>, notes: Notes<readonly string[]>): Option<readonly string[]> {
  return { kind, default: [], ...notes };
}
