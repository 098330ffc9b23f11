import type { Spread } from '../../src/books/figures.js';
import { Latencies } from '../../src/books/latency.js';
import { noLosses } from '../../src/books/ledger.js';
import type { Comparison, ComparisonRow } from '../../src/report/comparison.js';
import type { Machine, Result } from '../../src/report/result.js';

const machine: Machine = {
  cpu: 'Abacus',
  cores: 2,
  memoryGb: 7.8,
  system: 'Linux 6.1',
  versions: { node: '20.20.2' },
};

/** A result in which all is well. */
export function resultOf(more: Partial<Result> = {}): Result {
  return {
    scenario: 'users',
    target: 'tabcast',
    date: '2026-11-21T12:13:14.000Z',
    machine,
    options: { tabs: 10_000, window: 6 },
    figures: [{ name: 'gateway CPU per delivery', unit: 'µs', value: 4.2137 }],
    losses: noLosses,
    series: [],
    problems: [],
    ...more,
  };
}

/** Latencies of 1 to `count` ms, as text. */
export function histogramOf(count: number): string {
  const latencies = new Latencies();
  for (let milliseconds = 1; milliseconds <= count; milliseconds++) latencies.record(milliseconds);
  return latencies.encode();
}

/** A server whose figures are all the same. */
export function rowOf(peer: string, figure: number, more: Partial<ComparisonRow> = {}): ComparisonRow {
  const same: Spread = { median: figure, min: figure, max: figure };
  return {
    peer,
    gatewayCpu: { median: figure, min: figure - 1, max: figure + 1 },
    ratio: same,
    cpuWithRedis: same,
    rate: same,
    p50: same,
    p99: same,
    connectCpu: same,
    residentPerTab: same,
    faults: '',
    serverCoreBusy: 0.5,
    loadCoreBusy: 0.5,
    intruded: 0.01,
    stolen: 0,
    ...more,
  };
}

/** One workload with these servers. */
export function comparisonOf(rows: readonly ComparisonRow[], more: Partial<Comparison> = {}): Comparison {
  return {
    date: '2026-11-21T12:13:14.000Z',
    machine,
    yardstick: 'floor',
    rounds: 3,
    warmUp: 2,
    window: 6,
    peers: rows.map(({ peer }) => ({ name: peer, title: `The ${peer}`, remarks: 'Does little.' })),
    missing: [],
    tables: [{ workload: 'users:5:10', about: 'five a second', offered: 10, rows, left: [] }],
    measurements: [],
    problems: [],
    ...more,
  };
}
