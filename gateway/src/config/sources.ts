import type { Flags } from './flags.js';
import { isList, isOptionName, type OptionName, optionNames, options, variableName } from './options.js';
import { type Problem, quote } from './problem.js';
import { didYouMean, suggest } from './suggest.js';

/** What an option was given in one place. */
export interface Given {
  readonly option: OptionName;
  /** Not checked yet. Items where the option is a list, one text otherwise. */
  readonly items: readonly string[];
  /** The place, as problems name it. */
  readonly where: string;
}

/** What one source gives, and what is wrong with it. */
export interface Source {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Environment variables; those that do not begin with `TABCAST_` are ignored. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads flags. Of a repeated flag the last value counts, but lists add up. */
export function fromFlags(flags: Flags): Source {
  const given = optionNames.flatMap((option): Given[] => {
    const values = flags.get(option);
    if (values === undefined) return [];
    const items = isList(options[option]) ? values.flatMap(splitList) : values.slice(-1);
    return [{ option, items, where: `flag --${option}` }];
  });
  return { given, problems: [], warnings: [] };
}

/** Reads environment variables. An empty one counts as not set, because compose files pass on what is missing so. */
export function fromEnvironment(environment: Environment): Source {
  const optionOf = new Map(optionNames.map((name) => [variableName(name), name]));
  const set = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[0].startsWith('TABCAST_') && Boolean(entry[1]),
  );
  const links = set.filter(([name, value]) => isServiceLink(name, value, optionOf.has(name)));
  const given: Given[] = [];
  const problems: Problem[] = [];
  for (const [name, value] of set.filter((entry) => !links.includes(entry))) {
    const option = optionOf.get(name);
    if (option === undefined) problems.push(unknownVariable(name, optionOf.keys()));
    else given.push({ option, items: isList(options[option]) ? splitList(value) : [value], where: name });
  }
  return { given, problems, warnings: links.length === 0 ? [] : [serviceLinkWarning(links)] };
}

/**
 * Reads a JSON object whose keys are names of options. Numbers and booleans may also be written as strings; items of
 * a JSON array are taken as they are, so only there may they contain commas.
 */
export function fromFile(path: string, readFile: (path: string) => string): Source {
  const file = parseFile(path, readFile);
  if ('expected' in file) return { given: [], problems: [file], warnings: [] };
  const given: Given[] = [];
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(file.keys)) {
    const where = `${path}, key ${quote(key)}`;
    if (!isOptionName(key)) {
      const expected = `the name of an option${didYouMean(suggest(key, optionNames))}`;
      problems.push({ where, expected });
      continue;
    }
    const items = itemsOf(value, isList(options[key]));
    if (items === undefined) problems.push({ where, expected: shapeOf(key), given: typeName(value) });
    else given.push({ option: key, items, where });
  }
  return { given, problems, warnings: [] };
}

function parseFile(path: string, readFile: (path: string) => string): { keys: object } | Problem {
  const where = `flag --config ${quote(path)}`;
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    return {
      where,
      expected: 'a file that can be read',
      given: (error as NodeJS.ErrnoException).code ?? `${error}`,
    };
  }
  try {
    const keys: unknown = JSON.parse(content);
    if (typeof keys === 'object' && keys !== null && !Array.isArray(keys)) return { keys };
    return { where, expected: 'a JSON object', given: typeName(keys) };
  } catch {
    // The message of JSON.parse quotes the file, which holds secrets.
    return { where, expected: 'a JSON object', given: 'a file that is not JSON' };
  }
}

function itemsOf(value: unknown, list: boolean): string[] | undefined {
  if (list && Array.isArray(value)) return value.every(isScalar) ? value.map(String) : undefined;
  if (!isScalar(value)) return undefined;
  return list ? splitList(String(value)) : [String(value)];
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function shapeOf(name: OptionName): string {
  return isList(options[name]) ? 'an array of strings' : options[name].kind.expected;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The items of a comma-separated list, trimmed, without empty ones. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function unknownVariable(name: string, known: Iterable<string>): Problem {
  return { where: name, expected: `the name of an option${didYouMean(suggest(name, known))}` };
}

const linkName =
  /^TABCAST_(.+_)?(SERVICE_(HOST|PORT)(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/**
 * Whether Kubernetes set this variable because a Service named `tabcast…` exists: a Service `tabcast-public` brings
 * TABCAST_PUBLIC_PORT=tcp://10.0.0.1:8080, which must not be taken for our own option.
 */
function isServiceLink(name: string, value: string, isOption: boolean): boolean {
  return linkName.test(name) && (!isOption || /^(tcp|udp|sctp):\/\//.test(value));
}

function serviceLinkWarning(links: readonly [string, string][]): string {
  const names = links.map(([name]) => name).join(', ');
  return `ignored ${names}: Kubernetes sets such names for Services; enableServiceLinks: false in the pod prevents that`;
}
