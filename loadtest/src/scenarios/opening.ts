import { setTimeout as sleep } from 'node:timers/promises';
import { usualTextBytes } from '../books/message.js';
import type { FleetPlan, TabHolder } from '../fleet/plan.js';
import type { Target, Visitor } from '../servers/target.js';
import type { Lab } from './scenario.js';

/** Who a tab is, and which streams are for it. */
export interface Guest extends Visitor {
  readonly streams: readonly number[];
}

/** How fast tabs come where a scenario does not ask about it: no burden for a gateway on one core. */
const usualPace = { perSecond: 2000, inFlight: 200 };

/** Tabs that measure latency: enough for percentiles, and too few to be a load. */
const sampled = 500;

/** How often it is looked how many tabs are open, ms. */
const glance = 250;

/** The plan of a fleet at a target: these tabs, at the usual pace and with texts of the usual size. */
export function fleetPlan(
  target: Target,
  guests: readonly Guest[],
  more: Partial<Omit<FleetPlan, 'tabs'>> = {},
): FleetPlan {
  return {
    ...{ servers: target.servers, dialect: target.dialect, textBytes: usualTextBytes },
    ...usualPace,
    sampleEvery: Math.ceil(guests.length / sampled),
    ...more,
    tabs: guests.map(({ streams, ...visitor }) => ({ ...target.tab(visitor), streams })),
  };
}

/** Per stream, how many tabs it is for. */
export function tabsPerStream(guests: readonly Guest[], streams: number): number[] {
  const tabs = new Array<number>(streams).fill(0);
  for (const guest of guests) for (const stream of guest.streams) tabs[stream]!++;
  return tabs;
}

/** Ctrl-C came before there was anything to measure. */
export class Interrupted extends Error {}

/**
 * Opens all tabs of a plan and shows how far it is. Rejects with the first that is not let in, and with `Interrupted` when the
 * lab is.
 */
export async function openTabs(
  lab: Lab,
  fleet: Pick<TabHolder, 'open' | 'read'>,
  plan: FleetPlan,
): Promise<void> {
  const begin = performance.now();
  let opened = false;
  const opening = fleet.open(plan).finally(() => {
    opened = true;
  });
  while (!opened) {
    await Promise.race([opening, sleep(glance, undefined, { signal: lab.signal }).catch(() => {})]);
    if (lab.signal.aborted) {
      opening.catch(() => {});
      throw new Interrupted('interrupted while tabs were being opened');
    }
    if (!opened) show(lab, (await fleet.read()).open, plan.tabs.length, performance.now() - begin);
  }
  await opening;
}

/** What comes of some work; undefined when the lab is interrupted while the work opens tabs. */
export async function unlessInterrupted<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof Interrupted) return undefined;
    throw error;
  });
}

function show(lab: Lab, open: number, tabs: number, milliseconds: number): void {
  const left = ((tabs - open) / open) * (milliseconds / 1000);
  lab.progress({ phase: 'opening tabs', done: open / tabs, ...(open > 0 && { left }) });
}
