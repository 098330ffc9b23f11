import type { Figure } from '@tabcast/loadtest/report/result';
import type { Lab } from '@tabcast/loadtest/scenarios/scenario';
import { waitFor } from '@tabcast/loadtest/scenarios/waiting';
import { type Evenness, evenness } from './evenness.js';
import type { Gateways } from './gateways.js';
import type { Logbook } from './logbook.js';
import type { Scaling } from './scaling.js';

/** How long all has to be still until it counts as rest, ms. */
const stillness = 3000;

/** How a step has ended. */
export interface Rest extends Evenness {
  /** Gateways that there should be. */
  readonly gateways: number;
  /** Tabs of each that is there. */
  readonly tabs: readonly number[];
  /** From the step to the beginning of the rest, to a tenth of a second; NaN where it never came. */
  readonly seconds: number;
}

/** What is watched until it rests. */
export interface Watched {
  readonly gateways: Gateways;
  readonly scaling: Scaling;
  readonly logbook: Logbook;
}

/** Waits until there are so many gateways, with tabs spread evenly; or until patience has come to its end, s. */
export async function untilAtRest(
  lab: Lab,
  { gateways, scaling, logbook }: Watched,
  goal: { readonly gateways: number; readonly patience: number },
): Promise<Rest> {
  const begin = performance.now();
  let still: number | undefined;
  let tabs: readonly number[] = [];
  const reached = await waitFor(lab, `to ${goal.gateways} gateways`, goal.patience, () => {
    tabs = gateways.staying.map((replica) => logbook.tabsOf(replica));
    const isStill = scaling.isAtRest && tabs.length === goal.gateways && evenness(tabs).isEven;
    still = isStill ? (still ?? performance.now()) : undefined;
    return still !== undefined && performance.now() - still >= stillness;
  });
  const seconds = reached ? Math.round((still! - begin) / 100) / 10 : Number.NaN;
  return { gateways: goal.gateways, tabs, seconds, ...evenness(tabs) };
}

/** How long each took, and how even it was then. */
export function restFigures({ gateways, tabs, seconds, fullest, emptiest }: Rest): Figure[] {
  const where = `${tabs.reduce((sum, count) => sum + count, 0)} tabs on ${gateways}`;
  if (gateways === 1) return [];
  return [
    { name: `${where}: even after`, unit: 's', value: seconds },
    { name: `${where}: fullest above the mean`, unit: '%', value: fullest },
    { name: `${where}: emptiest below the mean`, unit: '%', value: emptiest },
  ];
}

/** Steps that did not end in rest. */
export function restProblems(rests: readonly Rest[]): string[] {
  return rests
    .filter(({ seconds }) => Number.isNaN(seconds))
    .map(({ gateways, tabs }) => {
      return `${gateways} gateways with tabs spread evenly were not to be had: ${tabs.join(', ')}.`;
    });
}
