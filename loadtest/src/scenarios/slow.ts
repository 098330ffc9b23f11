import { minTextBytes } from '../books/message.js';
import type { Fleets } from '../fleet/fleets.js';
import type { FleetPlan } from '../fleet/plan.js';
import type { Figure } from '../report/result.js';
import { underLoad } from './load.js';
import { type LoadReport, problemsOf } from './load-report.js';
import { fleetPlan, openTabs } from './opening.js';
import { Phases } from './phases.js';
import { comesBack } from './returning.js';
import { megabytes } from './samples.js';
import type { Lab, Scenario } from './scenario.js';
import { total, useOf } from './use.js';
import { usualOptions } from './usual-options.js';
import { pass, waitFor } from './waiting.js';

/** How long tabs that read on may take to find out that they were closed, s, and how long to be back then. */
const findingOut = 2;
const patience = 30;

/**
 * How the server ends a tab that does not read (docs/errors.md). One that reads its close frame too late finds the connection
 * ended without a code.
 */
const endings = {
  4001: 'too much waited (4001)',
  4008: 'nothing moved (4008)',
  1005: 'without a code (1005)',
};

type Phase = 'warm-up' | 'before' | 'meanwhile' | 'after';
type Name = 'tabs' | 'slow-percent' | 'per-second' | 'text-bytes' | 'warm-up' | 'calm' | 'asleep';
type Options = Readonly<Record<Name, number>>;

/** A stream to one group. The kernel holds megabytes for a tab before a server notices that it does not read: texts are long. */
export const slow: Scenario<Name> = {
  name: 'slow',
  about:
    'What others feel of tabs that stop reading, what these cost, and whether they get everything when they read on.',
  options: {
    tabs: { default: 300, about: 'tabs in all, each of which gets every message' },
    'slow-percent': { default: 5, fraction: true, about: 'how many of them stop reading, %, as one in n' },
    'per-second': { default: 20, about: 'messages per second' },
    'text-bytes': { default: 16_384, least: minTextBytes, about: 'of each message, bytes' },
    'warm-up': usualOptions['warm-up'],
    calm: { default: 5, fraction: true, about: 'how long all are watched while they read, s' },
    asleep: { default: 16, fraction: true, about: 'how long the slow ones do not read, s' },
  },
  async run(lab, options) {
    const every = oneIn(options);
    const fleet = lab.fleet();
    try {
      const phases = new Phases<Phase>(fleet, 'warm-up');
      await openTabs(lab, phases, planOf(lab, options));
      let ordeal: Ordeal | undefined;
      const report = await underLoad(lab, {
        ...{ fleet: phases, destinations: [{ group }], tabsOf: [options.tabs] },
        ...{ textBytes: options['text-bytes'], perSecond: options['per-second'] },
        times: { warmUp: options['warm-up'], window: options.calm },
        during: async () => {
          ordeal = await fallAsleep(lab, fleet, phases, { ...options, every });
        },
      });
      const { unrecovered, reconnects } = await phases.look();
      return {
        figures: [
          ...figuresOf(report, ordeal),
          { name: 'came back', unit: '', value: reconnects },
          { name: 'told gaps', unit: '', value: unrecovered },
          ...(['before', 'meanwhile', 'after'] as const).map((phase) => ({
            ...{ name: `p99 of the others, ${phase}`, unit: 'ms', value: phases.latency(phase).p99 },
          })),
        ],
        ...{
          latency: report.latency,
          histogram: report.histogram,
          losses: report.losses,
          series: report.series,
        },
        problems: problems(report, unrecovered, !lab.signal.aborted && ordeal?.back === false),
      };
    } finally {
      fleet.stop();
    }
  },
};

const group = 'slow';

function planOf({ target }: Lab, options: Options): FleetPlan {
  const guests = Array.from({ length: options.tabs }, (_, tab) => ({
    ...{ user: `slow${tab}`, groups: [group], streams: [0] },
  }));
  return fleetPlan(target, guests, { textBytes: options['text-bytes'], comesBack, sampleEvery: 1 });
}

/** Of so many tabs one stops reading. It takes others to feel it, and at least one that does. */
function oneIn({ tabs, 'slow-percent': percent }: Options): number {
  const every = Math.round(100 / percent);
  if (every < 2) throw new RangeError(`--slow-percent: expected at most 50, got ${percent}`);
  if (every > tabs)
    throw new RangeError(`--tabs: expected at least ${every}, or nobody is slow; got ${tabs}`);
  return every;
}

/** What became of the tabs that stopped reading. */
interface Ordeal {
  readonly slow: number;
  /** Most that the memory of the gateways grew while they did not read, bytes. */
  readonly growth: number;
  /** Whether all of them were back in the end. */
  readonly back: boolean;
}

async function fallAsleep(
  lab: Lab,
  fleet: Fleets,
  phases: Phases<Phase>,
  options: Options & { readonly every: number },
): Promise<Ordeal> {
  const memory = async () => total(await useOf(lab.target), 'gateway', 'residentBytes');
  await phases.enter('before');
  await pass(lab, 'calm', options.calm);
  const before = await memory();
  let most = before;
  await phases.enter('meanwhile');
  const count = await fleet.slow(options.every);
  await waitFor(lab, 'some do not read', options.asleep, async () => {
    most = Math.max(most, await memory());
    return false;
  });
  await phases.enter('after');
  await fleet.awaken();
  await pass(lab, 'they read on', findingOut);
  const back = await waitFor(
    lab,
    'coming back',
    patience,
    async () => (await phases.look()).open === options.tabs,
  );
  return { slow: count, growth: most - before, back };
}

function figuresOf({ closes }: LoadReport, ordeal: Ordeal | undefined): Figure[] {
  const { slow: count = Number.NaN, growth = Number.NaN } = ordeal ?? {};
  return [
    { name: 'tabs that stopped reading', unit: '', value: count },
    ...Object.entries(endings).map(([code, ending]) => ({
      ...{ name: `closed, ${ending}`, unit: '', value: closes[Number(code)] ?? 0 },
    })),
    { name: 'gateway RSS growth', unit: 'MB', value: megabytes(growth) },
  ];
}

/** That slow tabs are closed is no problem, and what is lost beyond the history is one only as far as nobody was told. */
function problems(report: LoadReport, unrecovered: number, missing: boolean): string[] {
  const closes = Object.fromEntries(Object.entries(report.closes).filter(([code]) => !(code in endings)));
  const { losses } = report;
  const told = unrecovered > 0 && losses.lost > 0;
  return [
    ...problemsOf({ ...report, closes, losses: told ? { ...losses, lost: 0 } : losses }),
    ...(told
      ? [`${losses.lost} deliveries were beyond the history; ${unrecovered} times a tab was told so.`]
      : []),
    ...(missing ? [`Not all tabs were back ${patience} s after they read on.`] : []),
  ];
}
