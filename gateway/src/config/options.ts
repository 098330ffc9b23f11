import type { Option } from './option.js';
import { api } from './options/api.js';
import { general } from './options/general.js';
import { history } from './options/history.js';
import { leaving } from './options/leaving.js';
import { limits } from './options/limits.js';
import { listening } from './options/listening.js';
import { redis } from './options/redis.js';
import { tabs } from './options/tabs.js';
import { tokens } from './options/tokens.js';
import { webhooks } from './options/webhooks.js';

/** Every option there is. Flags, environment variables, the keys of the file, the type `Config` and the docs follow. */
export const options = {
  ...general,
  ...listening,
  ...redis,
  ...history,
  ...tokens,
  ...tabs,
  ...limits,
  ...leaving,
  ...api,
  ...webhooks,
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
