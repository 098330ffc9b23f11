import { trueOrFalse } from './kinds.js';
import { optionNames, options } from './options.js';
import type { Problem } from './problem.js';
import { didYouMean, suggest } from './suggest.js';

/** `value` for `--name value` and `--name=value`, `switch` for `--name` and `--no-name`. */
export type FlagShape = 'value' | 'switch';

/** Command line arguments, sorted. */
export interface CommandLine {
  /** What each flag was given, in order; a switch is given `true` or `false`. */
  readonly flags: Flags;
  /** Arguments that belong to no flag. After `--` everything is a word. */
  readonly words: readonly string[];
  readonly problems: readonly Problem[];
}

/** Values by name of the flag, without the hyphens. */
export type Flags = ReadonlyMap<string, readonly string[]>;

/** Flags that every command takes: all options, and the file to read them from. */
export const configFlags: ReadonlyMap<string, FlagShape> = new Map<string, FlagShape>([
  ['config', 'value'],
  ...optionNames.map((name): [string, FlagShape] => [
    name,
    options[name].kind === trueOrFalse ? 'switch' : 'value',
  ]),
]);

/** Sorts arguments by the flags that a command knows. */
export function readCommandLine(args: readonly string[], known: ReadonlyMap<string, FlagShape>): CommandLine {
  const flags = new Map<string, string[]>();
  const words: string[] = [];
  const problems: Problem[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') words.push(...rest.splice(0));
    else if (!arg.startsWith('--')) words.push(arg);
    else {
      const flag = readFlag(arg, rest, known);
      if ('problem' in flag) problems.push(flag.problem);
      else flags.set(flag.name, [...(flags.get(flag.name) ?? []), flag.value]);
    }
  }
  return { flags, words, problems };
}

type Flag = { name: string; value: string } | { problem: Problem };

/** Takes the value of the flag from `rest` where it stands there. */
function readFlag(arg: string, rest: string[], known: ReadonlyMap<string, FlagShape>): Flag {
  const [written, inline] = splitOnce(arg, '=');
  const name = written.slice(2);
  const shape = known.get(name);
  const positive = name.replace(/^no-/, '');
  if (shape === undefined && inline === undefined && known.get(positive) === 'switch')
    return { name: positive, value: 'false' };
  if (shape === 'switch') return { name, value: inline ?? 'true' };
  // An unknown flag swallows its value too: it may be a secret, which must not be shown as a stray word.
  const value = inline ?? (rest[0]?.startsWith('--') ? undefined : rest.shift());
  if (shape === undefined) return { problem: unknownFlag(written, known) };
  return value === undefined
    ? { problem: { where: `flag ${written}`, expected: 'a value after it', given: 'none' } }
    : { name, value };
}

function unknownFlag(written: string, known: ReadonlyMap<string, FlagShape>): Problem {
  const candidates = [...known].flatMap(([name, shape]) =>
    shape === 'switch' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  return { where: `flag ${written}`, expected: `a known flag${didYouMean(suggest(written, candidates))}` };
}

function splitOnce(text: string, separator: string): [head: string, tail: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
