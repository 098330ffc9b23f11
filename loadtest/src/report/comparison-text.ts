import type { Absence, Comparison, ComparisonTable } from './comparison.js';
import { comparisonColumns, disturbance } from './comparison-table.js';
import { align } from './format.js';
import { machineLine, moment } from './table.js';

/** A comparison for the terminal: a table for each workload, who is not in it and why, and what is wrong with it. */
export function comparisonText(comparison: Comparison): string {
  const { date, machine, tables, missing, problems } = comparison;
  return [
    `${moment(date)}, ${machineLine(machine)}`,
    ...tables.map((table) => workloadText(table, comparison.yardstick)),
    disturbance(comparison),
    ...listed('Not compared here:', missing.map(absence)),
    ...listed('Problems:', problems),
  ].join('\n\n');
}

function workloadText(table: ComparisonTable, yardstick: string): string {
  const columns = comparisonColumns(yardstick);
  const rows = [
    columns.map(({ title }) => title),
    ...table.rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const left = table.left.map((one) => `  not measured: ${absence(one)}`);
  return [`${table.workload}: ${table.about}`, ...align(rows), ...left].join('\n');
}

function absence({ peer, reason }: Absence): string {
  return `${peer}: ${reason}`;
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [[title, ...items.map((item) => `  - ${item}`)].join('\n')];
}
