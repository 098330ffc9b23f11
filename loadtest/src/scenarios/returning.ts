import type { Pace, Reading } from '../fleet/plan.js';
import { closeProblems } from './load-report.js';
import type { ScenarioOption } from './scenario.js';

/** Options of a scenario whose tabs were cut off and come back. */
export const returnOptions = {
  tabs: { default: 5000, about: 'tabs that come back, each of a user of its own' },
  'per-second': { default: 1_000_000, about: 'how many of them come per second, at most: as many as can' },
  'in-flight': { default: 1000, about: 'how many of them wait for their welcome at the same time, at most' },
} as const satisfies Record<string, ScenarioOption>;

/** The names of these. */
export type ReturnOption = keyof typeof returnOptions;

/** Tabs that remember where they stood. One that the server closes is back within so many ms, one that was cut when it is told. */
export const comesBack = { within: 1000 };

/** How fast they come. */
export function returnPace(options: Readonly<Record<'per-second' | 'in-flight', number>>): Pace {
  return { perSecond: options['per-second'], inFlight: options['in-flight'] };
}

/** What is wrong with tabs that should be back by now. */
export function returnProblems({ open, closes, unrecovered }: Reading, tabs: number): string[] {
  return [
    ...closeProblems(closes),
    ...(open === tabs ? [] : [`${tabs - open} of ${tabs} tabs did not come back.`]),
    ...(unrecovered === 0 ? [] : [`${unrecovered} times a tab was told that something may be lost.`]),
  ];
}
