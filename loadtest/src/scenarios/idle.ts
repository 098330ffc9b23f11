import { noLosses } from '../books/ledger.js';
import type { Fleets } from '../fleet/fleets.js';
import type { Figure } from '../report/result.js';
import { closeProblems } from './load-report.js';
import { fleetPlan, type Guest, openTabs, unlessInterrupted } from './opening.js';
import { megabytes } from './samples.js';
import type { Lab, Scenario } from './scenario.js';
import { growth, total, type Use, useOf } from './use.js';
import { pass } from './waiting.js';

/** Tabs that share a group. */
const groupSize = 10;

/** How fast they come: slow enough that a gateway never holds much beyond them, /s. */
const perSecond = 1000;

type Name = 'tabs' | 'base' | 'groups-per-tab' | 'settle' | 'quiet';
type Options = Readonly<Record<Name, number>>;

/** The servers without tabs, the same a little later, with the base, with all tabs, after the quiet time, without garbage. */
type Instant = 'empty' | 'still' | 'base' | 'full' | 'quiet' | 'collected';

type Uses = Partial<Record<Instant, Use>>;

/**
 * The memory figures are slopes from the base on: the first tabs pay for what a server sets up once, and what it held before
 * is no tab's. CPU is what all tabs cost beyond what the servers use by themselves.
 */
export const idle: Scenario<Name> = {
  name: 'idle',
  about: 'What a tab costs that does nothing, in memory and CPU of the servers.',
  options: {
    tabs: { default: 10_000, about: 'tabs in the end, each of a user of its own' },
    base: { default: 1000, about: 'tabs at the first reading; figures per tab are the slope from there' },
    'groups-per-tab': { default: 0, orZero: true, about: `groups of ${groupSize} tabs that each tab is in` },
    settle: { default: 3, fraction: true, about: 'how long servers may come to rest before a reading, s' },
    quiet: { default: 30, fraction: true, about: 'how long all tabs are left alone, s' },
  },
  async run(lab, options) {
    if (options.base >= options.tabs)
      throw new RangeError(
        `--base: expected fewer than the ${options.tabs} tabs in the end, got ${options.base}`,
      );
    const fleets = [lab.fleet(), lab.fleet()] as const;
    try {
      const uses = await fill(lab, fleets, options);
      const problems = await problemsOf(lab, fleets, uses);
      return { figures: figuresOf(uses, options), losses: noLosses, series: [], problems };
    } finally {
      for (const fleet of fleets) fleet.stop();
    }
  },
};

/** Opens the tabs in two steps, and looks at the servers before, between and after; an abort skips the rest. */
async function fill(lab: Lab, fleets: readonly [Fleets, Fleets], options: Options): Promise<Uses> {
  const { target, signal } = lab;
  const { tabs, base, settle, quiet } = options;
  const uses: Uses = {};
  const look = (instant: Instant, seconds: number) => async () => {
    await pass(lab, instant, seconds);
    if (!signal.aborted) uses[instant] = await useOf(target);
  };
  const open = (fleet: Fleets, from: number, to: number) => () => {
    const guests = Array.from({ length: to - from }, (_, index) =>
      guest(from + index, options['groups-per-tab']),
    );
    return openTabs(lab, fleet, fleetPlan(target, guests, { perSecond }));
  };
  const collect = async () => target.collect?.();
  const steps = [
    ...[collect, look('empty', settle), look('still', settle)],
    ...[open(fleets[0], 0, base), collect, look('base', settle)],
    ...[open(fleets[1], base, tabs), look('full', settle), look('quiet', quiet)],
    ...(target.collect ? [collect, look('collected', settle)] : []),
  ];
  for (const step of steps) if (!signal.aborted) await unlessInterrupted(step());
  return uses;
}

function guest(tab: number, groups: number): Guest {
  const circle = Math.floor(tab / groupSize);
  return {
    ...{ user: `u${tab}`, streams: [] },
    groups: Array.from({ length: groups }, (_, index) => `g${circle}-${index}`),
  };
}

function figuresOf(uses: Uses, { tabs, base }: Options): Figure[] {
  const { empty, still, full, quiet } = uses;
  const inAll = (name: string, use?: Use): Figure => ({
    name: `gateway RSS ${name}`,
    unit: 'MB',
    value: megabytes(total(use, 'gateway', 'residentBytes')),
  });
  const added = tabs - base;
  const perTab = (
    role: 'gateway' | 'redis',
    resource: 'residentBytes' | 'cgroupBytes',
    to: Instant,
  ): Figure => ({
    name: `${role} ${resource === 'residentBytes' ? 'RSS' : 'cgroup memory'} per tab, ${to}`,
    unit: 'KB',
    value: growth(uses.base, uses[to], role, resource) / 1024 / added,
  });
  const cpuPerSecond = (from?: Use, to?: Use) =>
    (growth(from, to, 'gateway', 'cpuMicros') / ((to?.at ?? 0) - (from?.at ?? 0))) * 1000;
  return [
    inAll('without tabs', empty),
    inAll('with the base of tabs', uses.base),
    inAll('with all tabs, quiet', quiet),
    ...(['full', 'quiet', 'collected'] as const).map((instant) =>
      perTab('gateway', 'residentBytes', instant),
    ),
    perTab('gateway', 'cgroupBytes', 'quiet'),
    perTab('redis', 'residentBytes', 'quiet'),
    { name: 'gateway CPU without tabs', unit: 'µs per s', value: cpuPerSecond(empty, still) },
    {
      name: 'gateway CPU per quiet tab',
      unit: 'µs per s',
      value: (cpuPerSecond(full, quiet) - cpuPerSecond(empty, still)) / tabs,
    },
  ];
}

async function problemsOf(lab: Lab, fleets: readonly [Fleets, Fleets], uses: Uses): Promise<string[]> {
  const problems: string[] = [];
  if (lab.signal.aborted) problems.push('Interrupted: what was not yet read is missing.');
  if (uses.empty?.processes.length === 0) problems.push('Nothing tells what the servers use.');
  if (uses.base === undefined) return problems;
  for (const fleet of uses.full === undefined ? fleets.slice(0, 1) : fleets)
    problems.push(...closeProblems((await fleet.read()).closes));
  return problems;
}
