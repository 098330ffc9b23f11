import { accepts, defaults, optionNames, options, variableName } from './options.js';
import { isReloadable } from './renewal.js';

/** The table of options as docs/configuration.md shows it. */
export function optionsAsMarkdown(): string {
  const rows = optionNames.map((name) => [
    `\`--${name}\``,
    `\`${variableName(name)}\``,
    accepts(options[name]),
    defaults(options[name]),
    isReloadable(name) ? 'yes' : '',
    options[name].sentence,
  ]);
  const header = ['Option', 'Environment', 'Accepts', 'Default', 'SIGHUP', 'What it is for'];
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
