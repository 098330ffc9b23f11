import type { Latencies, Percentiles } from '../books/latency.js';
import type { Losses } from '../books/ledger.js';
import type { Figure, Result, Series } from '../report/result.js';
import type { SendReport } from '../sending/plan.js';
import type { ProcessUsage } from '../servers/target.js';
import { costsBetween, megabytes, type ProcessCost, rateBetween, type Sample, seriesOf } from './samples.js';

/** A sender that falls behind by more makes latencies that are not the server's, ms. */
const tolerable = 50;

/** What became of a load. Where nothing else is said: of the window. */
export interface LoadReport {
  /** Length of the window, s. */
  readonly seconds: number;
  /** From when a message was due to its arrival, at the sampled tabs. */
  readonly latency: Percentiles;
  /** As `Latencies.encode` writes. */
  readonly histogram: string;
  /** Messages that reached tabs. */
  readonly deliveries: number;
  /** And so many of them per second. */
  readonly rate: number;
  /** Of each process that the target knows, memory at the end. */
  readonly processes: readonly ProcessCost[];
  /** Of the whole load: what tabs should have got. */
  readonly expected: number;
  /** Of the whole load, when the last deliveries had had their time. */
  readonly losses: Losses;
  /** Since the fleet was opened: tabs that the server closed, by code. */
  readonly closes: Readonly<Record<number, number>>;
  /** Of the whole load: messages that left, that were refused for good, that nobody was subscribed to, requests made again. */
  readonly sent: number;
  readonly refused: number;
  readonly unheard: number;
  readonly repeated: number;
  /** By how much the sender fell behind at worst, ms. */
  readonly behind: number;
  /** Of the whole load, a value a second: rate, p99, CPU and memory of each process. */
  readonly series: readonly Series[];
  /** When it was interrupted, s after its begin. */
  readonly interruptedAt?: number;
}

/** What a load leaves to be summed up. */
export interface Observation {
  readonly samples: readonly Sample[];
  /** Index of the sample with which the window began. */
  readonly windowFrom: number;
  /** Of the window. */
  readonly latencies: Latencies;
  readonly interrupted: boolean;
  readonly sent: SendReport;
  readonly expected: number;
  readonly losses: Losses;
  readonly closes: Readonly<Record<number, number>>;
}

/** Sums a load up. */
export function reportOf(observation: Observation): LoadReport {
  const { samples, windowFrom, latencies, interrupted, sent, expected, losses, closes } = observation;
  const [begin, end] = [samples[windowFrom]!, samples.at(-1)!];
  return {
    seconds: end.at - begin.at,
    latency: latencies.percentiles(),
    histogram: latencies.encode(),
    deliveries: end.received - begin.received,
    rate: rateBetween(begin, end),
    processes: costsBetween(begin, end),
    ...{ expected, losses, closes },
    sent: total(sent.sent),
    refused: total(sent.refused),
    ...{ unheard: sent.unheard, repeated: sent.repeated },
    behind: Math.max(0, ...samples.slice(windowFrom + 1).map(({ behind }) => behind)),
    series: seriesOf(samples),
    ...(interrupted && { interruptedAt: end.at }),
  };
}

/** What is not as it should be, a sentence each; empty when all is well. */
export function problemsOf(report: LoadReport): string[] {
  const { losses, closes, unheard, refused, behind, interruptedAt } = report;
  return [
    ...lossProblems(losses, report.expected),
    ...closeProblems(closes),
    ...(refused > 0 ? [`${count(refused, 'message')} refused by the server.`] : []),
    ...(unheard > 0 ? [`${count(unheard, 'message')} sent while nobody was subscribed.`] : []),
    ...(isBehind(report)
      ? [`The sender fell behind by ${Math.round(behind)} ms: latencies are too high by its fault.`]
      : []),
    ...(interruptedAt === undefined && Number.isNaN(report.latency.max)
      ? ['No message reached a sampled tab in the window: there is no latency.']
      : []),
    ...(interruptedAt === undefined ? [] : [`Interrupted after ${Math.round(interruptedAt)} s.`]),
  ];
}

/** Whether the latencies are the sender's fault. */
export function isBehind({ behind }: LoadReport): boolean {
  return behind > tolerable;
}

/**
 * What the ledger has against a load.
 * @param expected deliveries, as the measure of what is lost
 */
export function lossProblems({ lost, doubled, late, stray }: Losses, expected: number): string[] {
  return [
    ...(lost > 0 ? [`${lost} of ${expected} deliveries were lost.`] : []),
    ...(lost < 0
      ? [`${count(-lost, 'delivery', 'deliveries')} made of messages that had been refused.`]
      : []),
    ...(doubled === 0 ? [] : [`${count(doubled, 'delivery', 'deliveries')} doubled.`]),
    ...(late === 0 ? [] : [`${count(late, 'delivery', 'deliveries')} out of order.`]),
    ...(stray === 0 ? [] : [`${count(stray, 'delivery', 'deliveries')} for other tabs, or of another load.`]),
  ];
}

/** What is to be said about tabs that the server has closed. */
export function closeProblems(closes: Readonly<Record<number, number>>): string[] {
  return Object.entries(closes).map(
    ([code, tabs]) => `${count(tabs, 'tab')} closed by the server with ${code}.`,
  );
}

/** The figures of a load as tables show them. */
export function figuresOf(report: LoadReport): Figure[] {
  const { deliveries, expected, rate, behind, processes } = report;
  return [
    { name: 'deliveries per second', unit: 'per s', value: rate },
    ...roleFigures(report),
    ...processes.map((process) => memoryOf(process)),
    { name: 'deliveries in the window', unit: '', value: deliveries },
    { name: 'deliveries in all', unit: '', value: expected },
    { name: 'sender behind', unit: 'ms', value: behind },
  ];
}

/** CPU of all gateways together, and of Redis, per delivery, µs. NaN where nothing tells. */
export function cpuPerDelivery(report: LoadReport, role: ProcessUsage['role']): number {
  const own = report.processes.filter((process) => process.role === role);
  if (own.length === 0) return Number.NaN;
  return total(own.map((process) => process.cpuPerDelivery));
}

/** The parts of a result that a single load fills. */
export function resultOf(
  report: LoadReport,
): Pick<Result, 'figures' | 'latency' | 'histogram' | 'losses' | 'series' | 'problems'> {
  const { latency, histogram, losses, series } = report;
  return { figures: figuresOf(report), latency, histogram, losses, series, problems: problemsOf(report) };
}

function roleFigures(report: LoadReport): Figure[] {
  return [
    { name: 'gateway CPU per delivery', unit: 'µs', value: cpuPerDelivery(report, 'gateway') },
    { name: 'Redis CPU per delivery', unit: 'µs', value: cpuPerDelivery(report, 'redis') },
    ...report.processes.map(({ name, cpuPercent }) => ({
      name: `${name} CPU`,
      unit: '%',
      value: cpuPercent,
    })),
  ];
}

function memoryOf({ name, residentBytes }: ProcessUsage): Figure {
  return { name: `${name} memory`, unit: 'MB', value: megabytes(residentBytes) };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** `1 tab was`, `2 tabs were`. */
function count(number: number, one: string, many = `${one}s`): string {
  return number === 1 ? `1 ${one} was` : `${number} ${many} were`;
}
