import type { Percentiles } from '../books/latency.js';
import type { Losses } from '../books/ledger.js';
import { align, digits } from './format.js';
import type { Figure, Machine, Result } from './result.js';

/** Names of the percentiles, as people write them. */
export const percentileNames: Readonly<Record<keyof Percentiles, string>> = {
  p50: 'p50',
  p90: 'p90',
  p99: 'p99',
  p999: 'p99.9',
  max: 'max',
};

/** A result for the terminal: what was asked, what was found, and what is wrong with it. */
export function resultTable(result: Result): string {
  const { scenario, target, date, machine, options, figures, latency, losses, problems } = result;
  return [
    `${scenario}: ${target}, ${moment(date)}`,
    `  ${optionsLine(options)}`,
    `  ${machineLine(machine)}`,
    '',
    ...align(figureRows(figures)),
    ...(latency === undefined ? [] : ['', ...latencyLines(latency)]),
    '',
    `  losses: ${lossesLine(losses)}`,
    ...(problems.length === 0 ? [] : ['', 'Problems:', ...problems.map((problem) => `  - ${problem}`)]),
  ].join('\n');
}

/** What should be zero, by name; `none` when it is. */
export function lossesLine(losses: Losses): string {
  const found = Object.entries(losses).filter(([, count]) => count !== 0);
  return found.map(([name, count]) => `${digits(count)} ${name}`).join(', ') || 'none';
}

/** The machine in one line. */
export function machineLine({ cpu, cores, memoryGb, system, versions }: Machine): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`,
    `${digits(memoryGb)} GB`,
    system,
    ...programs,
  ].join(', ');
}

/** The options in one line. */
export function optionsLine(options: Result['options']): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? digits(value) : value}`)
    .join(', ');
}

/** A date to the minute, as it is in UTC; a text that is no date stays as it is. */
export function moment(date: string): string {
  return date.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, '$1 $2 UTC');
}

function figureRows(figures: readonly Figure[]): string[][] {
  const width = Math.max(0, ...figures.map(({ unit }) => unit.length));
  return figures.map(({ name, unit, value }) => [name, digits(value), unit.padEnd(width)]);
}

function latencyLines(latency: Percentiles): string[] {
  const names = Object.keys(percentileNames) as (keyof Percentiles)[];
  return align([
    ['latency, ms', ...names.map((name) => percentileNames[name])],
    ['', ...names.map((name) => digits(latency[name]))],
  ]);
}
