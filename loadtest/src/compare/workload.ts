import type { Destination } from '../servers/target.js';

/** Tabs per user. */
const tabsPerUser = 2;

/** Who is sent to, and how often. */
export interface Workload {
  /** As on the command line. */
  readonly text: string;
  /** `users`: each message to one user, in turn. `broadcast`: each message to everyone. */
  readonly kind: 'users' | 'broadcast';
  /** Messages sent per second; each is delivered to two tabs, or to all. */
  readonly perSecond: number;
  readonly tabs: number;
}

/**
 * Reads `<kind>:<sends per second>:<tabs>`, for instance `users:20000:10000`.
 * @throws {RangeError} saying what was expected
 */
export function parseWorkload(text: string): Workload {
  const [, kind, perSecond, tabs] = /^(users|broadcast):([1-9]\d*):([1-9]\d*)$/.exec(text) ?? [];
  if (kind === undefined)
    throw new RangeError(`workload "${text}": expected users|broadcast:<per second>:<tabs>`);
  return { text, kind: kind as Workload['kind'], perSecond: Number(perSecond), tabs: Number(tabs) };
}

/** For people. */
export function describeWorkload({ kind, perSecond, tabs }: Workload): string {
  const whom = kind === 'broadcast' ? 'everyone' : `one user in turn, with ${tabsPerUser} tabs each`;
  return `${perSecond.toLocaleString('en')} messages a second, each to ${whom}; ${tabs.toLocaleString('en')} tabs`;
}

/** Deliveries per second. */
export function offeredBy(workload: Workload): number {
  const streams = destinationsOf(workload).length;
  return (workload.perSecond * workload.tabs) / streams;
}

/** Where the streams of a workload go; a message goes to each in turn. */
export function destinationsOf({ kind, tabs }: Workload): Destination[] {
  if (kind === 'broadcast') return [{ all: true }];
  return Array.from({ length: Math.ceil(tabs / tabsPerUser) }, (_, user) => ({ user: `u${user}` }));
}

/** The user that the tab with this index belongs to. */
export function userOf(tab: number): string {
  return `u${Math.floor(tab / tabsPerUser)}`;
}

/** The stream, an index among `destinationsOf`, that is for the tab with this index. */
export function streamOf({ kind }: Workload, tab: number): number {
  return kind === 'broadcast' ? 0 : Math.floor(tab / tabsPerUser);
}
