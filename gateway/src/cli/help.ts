import { trueOrFalse } from '../config/kinds.js';
import type { Option } from '../config/option.js';
import { accepts, defaults, optionNames, options } from '../config/options.js';
import { type Command, type CommandName, commands } from './commands.js';

const lineWidth = 100;

/** `tabcast --help`. */
export function help(): string {
  const lines = Object.entries(commands).map(([name, { sentence }]) => entry(name, sentence));
  return [
    'Usage: tabcast <command> [flags] [options]',
    'Delivers messages to every open tab of a user, a group, or everyone.',
    ['Commands:', ...lines].join('\n'),
    [
      'Options are the configuration. Each can be set in a file, in the environment and as a flag; the last wins:',
      entry('--config <path>', 'A JSON file, such as {"redis-url": "redis://localhost"}.'),
      entry('TABCAST_REDIS_URL=…', 'An environment variable. An empty one counts as not set.'),
      entry(
        '--redis-url <value>',
        'A flag. Lists are comma separated or repeated; switches are --name and --no-name.',
      ),
    ].join('\n'),
    'tabcast <command> --help explains a command and lists what it takes; tabcast --version prints the version.',
    'Exit codes: 0 done, 1 failed, 2 the command line is wrong, 78 the configuration has problems.',
  ].join('\n\n');
}

/** `tabcast <command> --help`. */
export function commandHelp(name: CommandName): string {
  const { usage, sentence, flags, startsGateway }: Command = commands[name];
  const own = Object.entries(flags).map(([flag, { placeholder, sentence }]) =>
    entry(placeholder === '' ? `--${flag}` : `--${flag} <${placeholder}>`, sentence),
  );
  return [
    `Usage: tabcast ${name} ${usage}`,
    fold(sentence, ''),
    ...(own.length === 0 ? [] : [['Flags:', ...own].join('\n')]),
    startsGateway
      ? [
          'Options:',
          entry('--config <path>', 'JSON file with options.'),
          ...optionNames.map(optionEntry),
        ].join('\n')
      : 'Options are those of the configuration; tabcast start --help lists them.',
  ].join('\n\n');
}

function optionEntry(name: (typeof optionNames)[number]): string {
  const option: Option<unknown> = options[name];
  const flag = option.kind === trueOrFalse ? `--[no-]${name}` : `--${name} <value>`;
  const sentence = option.sentence.replaceAll('`', '');
  return entry(
    flag,
    `${sentence} Takes ${accepts(option)}. Default: ${defaults(option).replaceAll('`', '')}.`,
  );
}

function entry(term: string, explanation: string): string {
  return `  ${term}\n${fold(explanation, '      ')}`;
}

/** Breaks a text into lines that begin with an indentation. */
function fold(text: string, indentation: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = indentation + word;
    else if (line.length + 1 + word.length > lineWidth) lines.push(indentation + word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}
