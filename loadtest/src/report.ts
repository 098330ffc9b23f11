import { type Spread, spread } from './figures.js';
import type { Measurement } from './measure.js';
import type { ServerName } from './server.js';

/** One measurement and where it belongs. */
export interface Row extends Measurement {
  /** As on the command line. */
  readonly workload: string;
  readonly server: ServerName;
  /** From 1. */
  readonly round: number;
}

const columns = [
  ...['server', 'µs/delivery', 'ratio', 'per s', 'p50 ms', 'p99 ms'],
  ...['faults', 'server/load core', 'intruded', 'stolen'],
];

/**
 * The rounds of one workload side by side: medians, with the smallest and the largest in brackets.
 * The ratio is that of CPU per delivery to the yardstick's in the same round.
 */
export function workloadTable(workload: string, rows: readonly Row[], yardstick: ServerName): string {
  const ofWorkload = rows.filter((row) => row.workload === workload);
  const ofServer = (name: ServerName) => ofWorkload.filter(({ server }) => server === name);
  const names = new Set(ofWorkload.map(({ server }) => server));
  const lines = [...names].map((name) => serverLine(name, ofServer(name), ofServer(yardstick)));
  return [workload, ...align([columns, ...lines])].join('\n');
}

/** CPU per delivery of a server in proportion to the yardstick's, round by round. */
export function ratios(rows: readonly Row[], yardstick: readonly Row[]): Spread {
  const perRound = new Map(yardstick.map(({ round, cpuPerDelivery }) => [round, cpuPerDelivery]));
  return spread(
    rows
      .filter(({ round }) => perRound.has(round))
      .map(({ round, cpuPerDelivery }) => cpuPerDelivery / perRound.get(round)!),
  );
}

function serverLine(name: string, rows: readonly Row[], yardstick: readonly Row[]): string[] {
  const of = (figure: (row: Row) => number) => spread(rows.map(figure));
  return [
    name,
    ranged(of(({ cpuPerDelivery }) => cpuPerDelivery)),
    ranged(ratios(rows, yardstick)),
    Math.round(of(({ deliveriesPerSecond }) => deliveriesPerSecond).median).toLocaleString('en'),
    of(({ p50 }) => p50).median.toFixed(2),
    ranged(of(({ p99 }) => p99)),
    faults(rows),
    `${percent(of(({ serverCoreBusy }) => serverCoreBusy).median)}/${percent(of(({ loadCoreBusy }) => loadCoreBusy).median)}`,
    percent(of(({ intruded }) => intruded).max),
    percent(of(({ stolen }) => stolen).max),
  ];
}

/** What should be zero in every round, by name; `none` when it is. */
function faults(rows: readonly Row[]): string {
  const total = (count: (row: Row) => number) => rows.reduce((sum, row) => sum + count(row), 0);
  const counts = {
    lost: total(({ lost }) => lost),
    doubled: total(({ doubled }) => doubled),
    late: total(({ late }) => late),
    unheard: total(({ unheard }) => unheard),
    closed: total(({ closes }) => closes.length),
  };
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  return found.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

function ranged({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}

/** Pads the cells of a table so that its columns stand under one another. */
export function align(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
}
