import type { Figure, Result } from '@tabcast/loadtest/report/result';
import { pass, unlessAborted } from '@tabcast/loadtest/scenarios/waiting';
import { crowdOf } from './crowd.js';
import { censusOf, Logbook } from './logbook.js';
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

/** A rolling restart, as it is rehearsed. */
export interface RolloutPlan {
  /** Of each version. */
  readonly gateways: number;
  readonly tabs: number;
  /** Per second, to users, groups and everyone in turn. */
  readonly sends: number;
  /** `drain-lame-duck` and `drain-window` of the gateways, s. */
  readonly lameDuck: number;
  readonly window: number;
  /** How long it is watched before and after, s. */
  readonly calm: number;
  /** Whether channels keep what tabs miss. */
  readonly history: boolean;
  /** Whether the old gateways are killed, and not asked to leave. */
  readonly kill: boolean;
}

type Found = Omit<Result, 'date' | 'machine'>;

type Phase = 'coming' | 'before' | 'during' | 'after';

/** What a rollout has come to. */
interface Rolled {
  /** s; NaN where it was interrupted. */
  readonly seconds: number;
  /** Handshakes per second at most, where the tabs of the fullest gateway go as evenly as it promises. */
  readonly even: number;
}

/** A tab of a gateway that was killed knows no better than to come back at random within that time, ms. */
const withinAfterKill = 1000;

/** Tabs that connect per second at the start. */
const arrivals = 500;

/**
 * Replaces every gateway under load as Kubernetes does with `maxSurge: 1` and `maxUnavailable: 0`: starts a new one, waits
 * until it is ready, sends an old one away, waits for its end, and so on.
 */
export async function rehearseRollout(audience: Audience, plan: RolloutPlan): Promise<Found> {
  const environment = {
    TABCAST_DRAIN_LAME_DUCK: String(plan.lameDuck * 1000),
    TABCAST_DRAIN_WINDOW: String(plan.window * 1000),
  };
  return onStage(audience, plan.gateways, { environment, history: plan.history }, (stage) =>
    play(stage, plan),
  );
}

async function play(stage: Stage, plan: RolloutPlan): Promise<Found> {
  const { gateways, lab } = stage;
  const manner = { arrivals, within: plan.kill ? withinAfterKill : 0, sends: plan.sends };
  const wave = new Wave<Phase>(lab, crowdOf('', plan.tabs, true), 'coming', manner);
  await wave.open();
  const logbook = new Logbook(gateways, async () => attemptsIn(await wave.read()));
  let rolled: Rolled = { seconds: Number.NaN, even: 0 };
  const act = async () => {
    await wave.enter('before');
    await pass(lab, 'before', plan.calm);
    await wave.enter('during');
    rolled = await roll(stage, plan);
    await wave.enter('after');
    await pass(lab, 'after', plan.calm);
  };
  const report = await logbook.during(() => wave.load(act));
  const reading = await wave.read();
  return {
    scenario: plan.kill ? 'rollout, killed' : 'rollout',
    ...{ target: lab.target.name, options: optionsOf(plan) },
    figures: [
      { name: 'duration of the rollout', unit: 's', value: rolled.seconds },
      { name: 'moves of tabs', unit: '', value: reading.reconnects },
      ...awayFigures(wave),
      ...doorFigures(reading, logbook.peak),
      { name: 'handshakes per second, if all were evenly spread', unit: 'per s', value: rolled.even },
      ...latencyFigures(wave),
      ...sendFigures([report]),
    ],
    ...{ latency: report.latency, histogram: report.histogram, losses: report.losses },
    series: [...logbook.series, ...report.series],
    problems: [
      ...[...loadProblems(report), ...tabProblems(reading, plan.tabs)],
      ...[...endingProblems(gateways.endings), ...stormProblems(logbook.peak, rolled.even)],
    ],
  };
}

async function roll({ gateways, lab }: Stage, { window, kill }: RolloutPlan): Promise<Rolled> {
  const begin = performance.now();
  const old = gateways.staying;
  let even = 0;
  for (const [index, replica] of old.entries()) {
    lab.progress({ phase: 'rolling out', done: index / old.length });
    await gateways.add();
    even = Math.max(even, ((await censusOf(replica))?.tabs ?? 0) / window);
    const isGone = await unlessAborted(lab, gateways.remove(replica, kill ? 'SIGKILL' : 'SIGTERM'));
    if (!isGone) return { seconds: Number.NaN, even };
  }
  return { seconds: (performance.now() - begin) / 1000, even };
}

function awayFigures(wave: Wave<Phase>): Figure[] {
  const name = (percentile: string) => `a tab was away, ${percentile}`;
  return percentileFigures(name, wave.away('during'), ['p50', 'p99', 'max']);
}

function latencyFigures(wave: Wave<Phase>): Figure[] {
  return (['before', 'during', 'after'] as const).flatMap((phase) =>
    percentileFigures((percentile) => `latency ${phase}, ${percentile}`, wave.latency(phase), ['p50', 'p99']),
  );
}

function optionsOf({ kill, calm, lameDuck, history, ...others }: RolloutPlan): Result['options'] {
  return { ...others, 'lame-duck': lameDuck, history: history ? 'on' : 'off' };
}
