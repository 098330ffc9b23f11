import type { Reading } from '../config/config.js';
import { problemText } from '../config/problem.js';
import type { Setting } from '../config/setting.js';
import { exitCodes, type Io } from './io.js';

/** Prints every option with its value and source, and what is wrong. Resolves to the exit code. */
export function showConfig({ settings, problems, warnings }: Reading, json: boolean, io: Io): number {
  if (json) io.out(JSON.stringify({ settings, problems, warnings }, null, 2));
  else {
    io.out(table(settings));
    for (const warning of warnings) io.err(`warning: ${warning}`);
    for (const problem of problems) io.err(`problem: ${problemText(problem)}`);
  }
  return problems.length === 0 ? exitCodes.done : exitCodes.failed;
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, value, source }) => [name, text(value), source ?? 'default']);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function text(value: unknown): string {
  const written = Array.isArray(value) ? value.join(', ') : String(value);
  return written === '' ? '(empty)' : written;
}
