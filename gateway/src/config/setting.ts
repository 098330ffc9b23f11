import type { Option } from './option.js';
import { isList, type OptionName, optionNames, options } from './options.js';
import { type Problem, quote } from './problem.js';
import type { Given } from './sources.js';

/** One option as it may be shown to people. */
export interface Setting {
  readonly name: OptionName;
  /** With secrets masked. */
  readonly value: unknown;
  /** The flag, variable or key that set it; null when it stands at its default. */
  readonly source: string | null;
  /** Whether the value could be read. */
  readonly readable: boolean;
}

/** What came of everything that was given. */
export interface Settled {
  /** A value for every option; the default where what was given could not be read. Lists are frozen. */
  readonly values: ReadonlyMap<OptionName, unknown>;
  /** The same for people, in the order of the table. */
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
}

/** Reads everything that was given, and lets the last word on each option win. */
export function settle(given: readonly Given[]): Settled {
  const all = given.map((word) => ({ ...word, ...readItems(word) }));
  const last = new Map(all.map((word) => [word.option, word]));
  const development = last.get('mode')?.value === 'development';
  const values = new Map<OptionName, unknown>();
  const settings = optionNames.map((name): Setting => {
    const word = last.get(name);
    const readable = word === undefined || word.value !== undefined;
    const value = word?.value ?? defaultOf(options[name], development);
    values.set(name, Array.isArray(value) ? Object.freeze(value) : value);
    return {
      name,
      value: shown(options[name], readable ? value : isList(options[name]) ? word.items : word.items[0]),
      source: word?.where ?? null,
      readable,
    };
  });
  return { values, settings, problems: all.flatMap(({ problems }) => problems) };
}

/** The value that the items make, or what is wrong with them. */
function readItems({ option, items, where }: Given): { value: unknown; problems: Problem[] } {
  const { kind }: Option<unknown> = options[option];
  const list = isList(options[option]);
  const read = items.map((item) => kind.read(item));
  const problems = items.flatMap((item, index): Problem[] => {
    if (read[index] !== undefined) return [];
    const place = list ? `${where}, item ${index + 1}` : where;
    return [{ where: place, expected: kind.expected, given: kind.mask?.(item) ?? quote(item) }];
  });
  return { problems, value: problems.length > 0 ? undefined : list ? read : read[0] };
}

function defaultOf(option: Option<unknown>, development: boolean): unknown {
  return development ? (option.development ?? option.default) : option.default;
}

function shown({ kind }: Option<unknown>, value: unknown): unknown {
  const show = (item: unknown) => (kind.mask === undefined ? item : kind.mask(String(item)));
  return Array.isArray(value) ? value.map(show) : show(value);
}
