import type { FleetPlan } from '../fleet/plan.js';
import type { Destination } from '../servers/target.js';
import { type Load, underLoad } from './load.js';
import type { LoadReport } from './load-report.js';
import { fleetPlan, type Guest, openTabs, tabsPerStream } from './opening.js';
import type { Lab } from './scenario.js';

/** Tabs, and where the streams go that are for them. */
export interface Crowd {
  readonly guests: readonly Guest[];
  readonly destinations: readonly Destination[];
}

/** Everyone gets everything; each tab is of a user of its own. */
export function audience(tabs: number): Crowd {
  const guests = Array.from({ length: tabs }, (_, tab) => ({ user: `u${tab}`, streams: [0] }));
  return { guests, destinations: [{ all: true }] };
}

/** Users with some tabs each, and a stream each. The last may have fewer tabs. */
export function users(tabs: number, tabsPerUser: number): Crowd {
  const userOf = (tab: number) => Math.floor(tab / tabsPerUser);
  const guests = Array.from({ length: tabs }, (_, tab) => ({
    user: `u${userOf(tab)}`,
    streams: [userOf(tab)],
  }));
  const destinations = Array.from({ length: userOf(tabs - 1) + 1 }, (_, user) => ({ user: `u${user}` }));
  return { guests, destinations };
}

/**
 * Groups with a stream each, of `size` tabs, the last of fewer. Each tab is in `groupsPerTab` of them: in the first with its
 * neighbours, in the next with tabs from all over the crowd.
 */
export function circles(tabs: number, size: number, groupsPerTab: number): Crowd {
  const perLayer = Math.ceil(tabs / size);
  const strides = Array.from({ length: groupsPerTab }, (_, layer) => strideFrom(1 + layer * size, tabs));
  const guests = Array.from({ length: tabs }, (_, tab) => {
    const streams = strides.map(
      (stride, layer) => layer * perLayer + Math.floor(((tab * stride) % tabs) / size),
    );
    return { user: `u${tab}`, groups: streams.map(nameOf), streams };
  });
  const groups = Array.from({ length: perLayer * groupsPerTab }, (_, group) => ({ group: nameOf(group) }));
  return { guests, destinations: groups };
}

/** The first number from here on that visits every tab when it is added again and again. */
function strideFrom(first: number, tabs: number): number {
  let stride = first;
  while (greatestDivisor(stride, tabs) !== 1) stride++;
  return stride;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function nameOf(group: number): string {
  return `g${group}`;
}

/** What is sent to a crowd. */
export interface CrowdLoad extends Pick<Load, 'textBytes' | 'perSecond' | 'times' | 'during' | 'way'> {
  readonly crowd: Crowd;
  /** Where they connect, if not to all servers of the target. */
  readonly servers?: FleetPlan['servers'];
}

/** Opens the tabs of a crowd, puts a load on them, and closes them. */
export async function loadCrowd(lab: Lab, load: CrowdLoad): Promise<LoadReport> {
  const { crowd, servers, ...rest } = load;
  const { guests, destinations } = crowd;
  const fleet = lab.fleet();
  try {
    const plan = { textBytes: load.textBytes, ...(servers && { servers }) };
    await openTabs(lab, fleet, fleetPlan(lab.target, guests, plan));
    return await underLoad(lab, {
      ...{ fleet, destinations, tabsOf: tabsPerStream(guests, destinations.length) },
      ...rest,
    });
  } finally {
    fleet.stop();
  }
}
