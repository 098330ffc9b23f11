import type { Percentiles } from '@tabcast/loadtest/books/latency';
import type { Reading } from '@tabcast/loadtest/fleet/plan';
import type { Figure } from '@tabcast/loadtest/report/result';
import { type LoadReport, problemsOf } from '@tabcast/loadtest/scenarios/load-report';
import type { Ending } from './gateways.js';

/** Close codes that a gateway announces: it stops, or gives tabs away to emptier ones. */
const announced = [4000, 4005];

/** A crowd at the door that is more than so many times as dense as announced closes should be is a storm. */
const dense = 3;

/** Below this there is no storm, handshakes per second: ten tabs at once are none. */
const leastStorm = 10;

/**
 * What there is to say against a load. Not that tabs were moved, or that a message was sent while its tab was on the way; nor
 * that the sender fell behind, which is no fault of the gateways, and a figure of its own.
 */
export function loadProblems(report: LoadReport): string[] {
  const closes = Object.entries(report.closes).filter(([code]) => !announced.includes(Number(code)));
  return problemsOf({ ...report, closes: Object.fromEntries(closes), unheard: 0, behind: 0 });
}

/** What tabs should not have met with. */
export function tabProblems({ open, unrecovered }: Reading, tabs: number): string[] {
  return [
    ...(open === tabs ? [] : [`${tabs - open} of ${tabs} tabs are away at the end.`]),
    ...(unrecovered === 0 ? [] : [`${unrecovered} times a tab was told that something may be lost.`]),
  ];
}

/** Gateways that did not end as they were asked to. */
export function endingProblems(endings: readonly Ending[]): string[] {
  return endings.filter((ending) => ending !== 0).map((ending) => `A gateway has ended with ${ending}.`);
}

/**
 * Whether tabs came back in a crowd.
 * @param peak handshakes per second, at most
 * @param even how many there should be, where all that may go at once go as evenly as gateways promise
 */
export function stormProblems(peak: number, even: number): string[] {
  if (peak <= Math.max(leastStorm, dense * even)) return [];
  return [
    `${Math.round(peak)} handshakes came in one second, where ${even.toFixed(1)} were to be expected: a storm.`,
  ];
}

/**
 * How tabs got in.
 * @param peak handshakes per second, at most
 */
export function doorFigures({ failures, unrecovered }: Reading, peak: number): Figure[] {
  return [
    { name: 'attempts in vain', unit: '', value: failures },
    { name: 'told gaps', unit: '', value: unrecovered },
    { name: 'handshakes per second, at most', unit: 'per s', value: peak },
  ];
}

/** What was sent, by all loads together. */
export function sendFigures(reports: readonly LoadReport[]): Figure[] {
  const total = (count: (report: LoadReport) => number) =>
    reports.reduce((sum, report) => sum + count(report), 0);
  return [
    { name: 'sends', unit: '', value: total(({ sent }) => sent) },
    { name: 'requests made again', unit: '', value: total(({ repeated }) => repeated) },
    { name: 'deliveries in all', unit: '', value: total(({ expected }) => expected) },
    { name: 'sender behind', unit: 'ms', value: Math.max(...reports.map(({ behind }) => behind)) },
  ];
}

/** Percentiles as tables show them. */
export function percentileFigures(
  name: (percentile: string) => string,
  values: Percentiles,
  shown: readonly (keyof Percentiles)[],
): Figure[] {
  return shown.map((percentile) => ({ name: name(percentile), unit: 'ms', value: values[percentile] }));
}
