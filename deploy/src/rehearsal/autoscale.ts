import { Latencies } from '@tabcast/loadtest/books/latency';
import { addLosses } from '@tabcast/loadtest/books/ledger';
import type { Reading } from '@tabcast/loadtest/fleet/plan';
import { addReadings } from '@tabcast/loadtest/fleet/readings';
import type { Result } from '@tabcast/loadtest/report/result';
import type { LoadReport } from '@tabcast/loadtest/scenarios/load-report';
import type { Lab } from '@tabcast/loadtest/scenarios/scenario';
import { crowdOf } from './crowd.js';
import { mostGateways, scalingOfRepository, syncPeriod } from './hpa.js';
import { Logbook } from './logbook.js';
import { type Rest, restFigures, restProblems, untilAtRest, type Watched } from './rest.js';
import { Scaling } from './scaling.js';
import { type Audience, onStage, type Stage } from './stage.js';
import {
  doorFigures,
  endingProblems,
  loadProblems,
  percentileFigures,
  sendFigures,
  stormProblems,
  tabProblems,
} from './verdict.js';
import { attemptsIn, Wave } from './wave.js';

/** A cluster that grows with its tabs and shrinks again, as it is rehearsed. */
export interface AutoscalePlan {
  /** When most are there. */
  readonly tabs: number;
  /**
   * How many gateways would be as full as the autoscaler wants them, after each wave of tabs; the last wave goes again. So
   * there are as many gateways as that makes when rounded up, or as there may be.
   */
  readonly fills: readonly number[];
  /** Tabs that connect per second. */
  readonly arrivals: number;
  /** Sends per second, to users and groups in turn. */
  readonly sends: number;
  /** By how much the times of the autoscaler are shorter than in the repository. */
  readonly faster: number;
  /** `drain-lame-duck` and `drain-window` of the gateways, s. */
  readonly lameDuck: number;
  readonly window: number;
  /** `rebalance` of the gateways. */
  readonly rebalance: boolean;
  /** How long tabs may take to be spread evenly after each step, s. */
  readonly patience: number;
}

type Found = Omit<Result, 'date' | 'machine'>;

type Tabs = Wave<'there'>;

/** Tabs with what is sent to them, until that is ended. */
interface Guests {
  readonly wave: Tabs;
  readonly report: Promise<LoadReport>;
  readonly end: AbortController;
}

/** Who has come, in this order. */
interface Visit {
  /** From their first tab on. */
  readonly waves: Tabs[];
  /** From their last on. */
  readonly guests: Guests[];
}

/** Lets a fleet grow in waves and lose the last of them, while an autoscaler starts and stops gateways. */
export async function rehearseAutoscale(audience: Audience, plan: AutoscalePlan): Promise<Found> {
  const spec = scalingOfRepository(plan.faster);
  const environment = {
    TABCAST_DRAIN_LAME_DUCK: String(plan.lameDuck * 1000),
    TABCAST_DRAIN_WINDOW: String(plan.window * 1000),
    TABCAST_REBALANCE: String(plan.rebalance),
    TABCAST_MAX_TABS: String(Math.ceil(plan.tabs / Math.max(...plan.fills) / spec.target)),
  };
  return onStage(audience, 1, { environment }, async (stage) => {
    const scaling = new Scaling(stage.gateways, spec, syncPeriod / plan.faster);
    return scaling.during(() => play(stage, plan, scaling));
  });
}

async function play(stage: Stage, plan: AutoscalePlan, scaling: Scaling): Promise<Found> {
  const { gateways, lab } = stage;
  const visit: Visit = { waves: [], guests: [] };
  const logbook = new Logbook(gateways, async () => attemptsIn(await readAll(visit)));
  const { rests, reports } = await logbook.during(async () => ({
    rests: await growAndShrink(lab, plan, { gateways, scaling, logbook }, visit),
    reports: await Promise.all(visit.guests.map(leave)),
  }));
  const reading = await readAll(visit);
  const { latency, histogram } = latencyOf(reports);
  return {
    ...{ scenario: 'autoscale', target: lab.target.name, options: optionsOf(plan) },
    figures: [
      ...rests.flatMap(restFigures),
      { name: 'tabs moved to emptier gateways', unit: '', value: reading.closes[4005] ?? 0 },
      { name: 'tabs moved by a gateway that stopped', unit: '', value: reading.closes[4000] ?? 0 },
      ...doorFigures(reading, logbook.peak),
      ...percentileFigures((percentile) => `latency, ${percentile}`, latency, ['p50', 'p99']),
      ...sendFigures(reports),
    ],
    ...{ latency, histogram, losses: addLosses(reports.map(({ losses }) => losses)), series: logbook.series },
    problems: [
      ...reports.flatMap(loadProblems),
      ...tabProblems(reading, plan.tabs),
      ...endingProblems(gateways.endings),
      ...restProblems(rests),
      ...stormProblems(logbook.peak, densest(plan)),
    ],
  };
}

/** Handshakes per second where all goes as evenly as it should: tabs that come, or those of a gateway that stops. */
function densest({ arrivals, tabs, window }: AutoscalePlan): number {
  return Math.max(arrivals, tabs / mostGateways / window);
}

async function growAndShrink(lab: Lab, plan: AutoscalePlan, watched: Watched, visit: Visit): Promise<Rest[]> {
  const rests: Rest[] = [];
  const rest = async (fill: number) => {
    const goal = { gateways: Math.min(mostGateways, Math.ceil(fill)), patience: plan.patience };
    rests.push(await untilAtRest(lab, watched, goal));
  };
  for (const [index, fill] of plan.fills.entries()) {
    if (lab.signal.aborted) return rests;
    const wave = waveOf(lab, plan, index);
    visit.waves.push(wave);
    await wave.open();
    visit.guests.push(serve(lab, wave));
    await rest(fill);
  }
  await leave(visit.guests.at(-1)!);
  await rest(plan.fills.at(-2)!);
  return rests;
}

function waveOf(lab: Lab, { tabs, fills, arrivals, sends }: AutoscalePlan, index: number): Tabs {
  const share = (fills[index]! - (fills[index - 1] ?? 0)) / fills.at(-1)!;
  const crowd = crowdOf(`w${index}`, Math.round(tabs * share), false);
  return new Wave(lab, crowd, 'there', { arrivals, within: 0, sends: sends * share });
}

/** Begins to send to tabs that are there. */
function serve(lab: Lab, wave: Tabs): Guests {
  const end = new AbortController();
  const over = AbortSignal.any([end.signal, lab.signal]);
  const report = wave.load(() => aborted(over));
  report.catch(() => {}); // who asks for it later is told
  return { wave, report, end };
}

/** Once the last of their messages has come, all of them go. */
async function leave({ wave, report, end }: Guests): Promise<LoadReport> {
  end.abort();
  const found = await report;
  await wave.leave();
  return found;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

async function readAll({ waves }: Visit): Promise<Reading> {
  return addReadings(await Promise.all(waves.map((wave) => wave.read())));
}

function latencyOf(reports: readonly LoadReport[]): Required<Pick<Result, 'latency' | 'histogram'>> {
  const all = new Latencies();
  for (const { histogram } of reports) all.add(Latencies.decode(histogram));
  return { latency: all.percentiles(), histogram: all.encode() };
}

function optionsOf({ fills, patience, lameDuck, rebalance, ...others }: AutoscalePlan): Result['options'] {
  return { ...others, 'lame-duck': lameDuck, rebalance: rebalance ? 'on' : 'off' };
}
