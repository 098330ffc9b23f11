import type { Series } from '../report/result.js';
import type { ProcessUsage } from '../servers/target.js';

/** What is read about once a second while a load runs. */
export interface Sample {
  /** s since the load began. */
  readonly at: number;
  /** Messages that have reached tabs up to now. */
  readonly received: number;
  /** Of the latencies since the sample before, ms. */
  readonly p99: number;
  /** By how much the sender fell behind at worst since the sample before, ms. */
  readonly behind: number;
  readonly usage: readonly ProcessUsage[];
}

/** What one process used between two samples. */
export interface ProcessCost extends Omit<ProcessUsage, 'cpuMicros'> {
  /** User and system time, µs. */
  readonly cpuMicros: number;
  /** Share of one core, %. */
  readonly cpuPercent: number;
  /** Messages that reached a tab share the time equally; NaN without any. */
  readonly cpuPerDelivery: number;
}

/** Messages per second that reached tabs from one sample to a later one. */
export function rateBetween(begin: Sample, end: Sample): number {
  return (end.received - begin.received) / (end.at - begin.at);
}

/** What each process of either sample used in between; NaN for one that was not there all the time, or has begun anew. */
export function costsBetween(begin: Sample, end: Sample): ProcessCost[] {
  const deliveries = end.received - begin.received;
  const before = new Map(begin.usage.map(({ name, cpuMicros }) => [name, cpuMicros]));
  const there = new Set(end.usage.map(({ name }) => name));
  const gone = begin.usage.filter(({ name }) => !there.has(name));
  const unknown = { cpuMicros: Number.NaN, residentBytes: Number.NaN };
  return [...end.usage, ...gone.map(({ name, role }) => ({ name, role, ...unknown }))].map((usage) => {
    const used = usage.cpuMicros - (before.get(usage.name) ?? Number.NaN);
    const cpuMicros = used >= 0 ? used : Number.NaN;
    return {
      ...usage,
      cpuMicros,
      cpuPercent: cpuMicros / (end.at - begin.at) / 10_000,
      cpuPerDelivery: deliveries > 0 ? cpuMicros / deliveries : Number.NaN,
    };
  });
}

/** What samples show over time: rate, p99, and of each process CPU and memory. */
export function seriesOf(samples: readonly Sample[]): Series[] {
  const later = samples.slice(1);
  const at = later.map((sample) => sample.at);
  const curve = (name: string, unit: string, value: (sample: Sample, before: Sample) => number): Series => ({
    name,
    unit,
    at,
    values: later.map((sample, index) => value(sample, samples[index]!)),
  });
  const names = samples.at(-1)?.usage.map(({ name }) => name) ?? [];
  const cost = (name: string, sample: Sample, before: Sample) =>
    costsBetween(before, sample).find((process) => process.name === name);
  return [
    curve('deliveries', 'per s', (sample, before) => rateBetween(before, sample)),
    curve('p99', 'ms', ({ p99 }) => p99),
    ...names.flatMap((name) => [
      curve(`${name} CPU`, '%', (sample, before) => cost(name, sample, before)?.cpuPercent ?? Number.NaN),
      curve(`${name} memory`, 'MB', (sample, before) => megabytes(cost(name, sample, before)?.residentBytes)),
    ]),
  ];
}

/** Bytes as MB of 1024 × 1024; NaN for nothing. */
export function megabytes(bytes = Number.NaN): number {
  return bytes / 1024 / 1024;
}
