import type { Spread } from '../books/figures.js';
import type { Comparison, ComparisonRow, ComparisonTable } from './comparison.js';
import { digits, none } from './format.js';

/** What a table says of a server, one column after the other. */
interface Column {
  readonly title: string;
  cell(row: ComparisonRow): string;
}

/** The columns of every table, for a page and for Markdown. */
export function comparisonColumns(yardstick: string): readonly Column[] {
  return [
    { title: 'Server', cell: ({ peer }) => peer },
    { title: 'CPU per delivery, µs', cell: ({ gatewayCpu }) => ranged(gatewayCpu) },
    { title: `× ${yardstick}`, cell: ({ ratio }) => ranged(ratio) },
    { title: 'with its Redis, µs', cell: ({ cpuWithRedis }) => digits(cpuWithRedis.median) },
    { title: 'deliveries per s', cell: ({ rate }) => digits(Math.round(rate.median)) },
    { title: 'p50, ms', cell: ({ p50 }) => digits(p50.median) },
    { title: 'p99, ms', cell: ({ p99 }) => ranged(p99) },
    { title: 'KB per tab', cell: ({ residentPerTab }) => digits(residentPerTab.median) },
    { title: 'µs per connect', cell: ({ connectCpu }) => digits(Math.round(connectCpu.median)) },
    {
      title: 'core busy, server / load',
      cell: ({ serverCoreBusy, loadCoreBusy }) => `${percent(serverCoreBusy)} / ${percent(loadCoreBusy)}`,
    },
    { title: 'Faults', cell: ({ faults }) => faults || 'none' },
  ];
}

/** How a comparison was done, in sentences. */
export function comparisonMethod({ yardstick, rounds, warmUp, window }: Comparison): string {
  return [
    `Each server met each workload in each of ${digits(rounds)} ${rounds === 1 ? 'round' : 'rounds'}, one right after the other,`,
    `with the same tabs and the same sender: ${digits(warmUp)} s of warm-up that do not count, then ${digits(window)} s that do.`,
    'CPU is the user and system time of all processes of a server, divided by the messages that reached a tab.',
    `The ratio to ${yardstick} is taken within a round. Figures are medians of the rounds, with the smallest and the largest in brackets.`,
    'Latency runs from when a message was due, whether it was sent in time or not, to its arrival at a tab.',
    'Where the core of the load was busy, too, latencies are those of the load.',
  ].join(' ');
}

/** The servers of a table that have a figure, for a chart. */
export function charted({ rows }: ComparisonTable): readonly ComparisonRow[] {
  return rows.filter(({ gatewayCpu }) => Number.isFinite(gatewayCpu.median));
}

/** How much the machine was not ours alone, at worst, in a sentence. */
export function disturbance({ tables }: Comparison): string {
  const rows = tables.flatMap((table) => table.rows);
  const worst = (share: (row: ComparisonRow) => number) =>
    percent(Math.max(...rows.map(share).filter(Number.isFinite)));
  return `Of the time of both cores, other programs took at worst ${worst(({ intruded }) => intruded)}, and the host gave at worst ${worst(({ stolen }) => stolen)} to other guests.`;
}

function ranged({ median, min, max }: Spread): string {
  const text = digits(median);
  return text === none || min === max ? text : `${text} (${digits(min)}–${digits(max)})`;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %` : none;
}
