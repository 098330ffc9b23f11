import type { Flags } from './flags.js';
import { type Config, memberName, optionNames } from './options.js';
import type { Problem } from './problem.js';
import { checkRelations } from './relations.js';
import { type Setting, settle } from './setting.js';
import { type Environment, fromEnvironment, fromFile, fromFlags } from './sources.js';

/** Where options may come from. */
export interface Sources {
  /** Flags, by name without hyphens. `config` is the path of the file. */
  readonly flags: Flags;
  readonly environment: Environment;
  /** Reads a file as UTF-8. Throws when it cannot. */
  readFile(path: string): string;
}

/** The outcome of reading all sources. */
export interface Reading {
  /** What is in force. Where `problems` is not empty, options that could not be read stand at their defaults. */
  readonly config: Config;
  /** The same for people, in the order of the table. */
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Reads every option and checks the relations between them, as a gateway needs it before it starts.
 * Later sources win: defaults, file, environment, flags. Never throws; reports the problems of all sources at once,
 * those of overridden values too.
 */
export function loadConfig(sources: Sources): Reading {
  const reading = readConfig(sources);
  const { problems, warnings } = checkRelations(reading.config, reading.settings);
  return {
    ...reading,
    problems: [...reading.problems, ...problems],
    warnings: [...reading.warnings, ...warnings],
  };
}

/**
 * Reads every option by itself, for commands that start no gateway: to them it does not matter what one would lack.
 * Otherwise like `loadConfig`.
 */
export function readConfig({ flags, environment, readFile }: Sources): Reading {
  const path = flags.get('config')?.at(-1);
  const sources = [fromEnvironment(environment), fromFlags(flags)];
  if (path !== undefined) sources.unshift(fromFile(path, readFile));

  const settled = settle(sources.flatMap(({ given }) => given));
  const members = optionNames.map((name) => [memberName(name), settled.values.get(name)]);
  return {
    config: Object.freeze(Object.fromEntries(members)) as Config,
    settings: settled.settings,
    problems: [...sources.flatMap(({ problems }) => problems), ...settled.problems],
    warnings: sources.flatMap(({ warnings }) => warnings),
  };
}
