import type { Peer } from '../../peers/peer.js';
import type { Absence, Measurement } from '../report/comparison.js';
import { RedisServer } from '../servers/redis.js';
import { measure, type Times } from './measure.js';
import type { Workload } from './workload.js';

/** What to compare, and how. */
export interface RoundsPlan extends Times {
  readonly peers: readonly Peer[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
}

/** What became of it. */
export interface Rounds {
  readonly measurements: readonly Measurement[];
  /** By workload, the peers that could not be measured under it, or not in every round. */
  readonly left: ReadonlyMap<string, readonly Absence[]>;
}

/** A step of the plan, for whoever watches. */
export interface Step {
  readonly done: number;
  readonly of: number;
  readonly round: number;
  readonly workload: string;
  readonly peer: string;
  /** What was found, or why nothing was. */
  readonly found: Measurement | Absence;
}

/**
 * Every round meets every workload with every server, one right after the other and each freshly started; the order turns around
 * from round to round: what drifts, drifts for all. A server that fails is left out of further rounds of that workload.
 * When the signal is aborted, what was measured so far is the outcome.
 */
export async function measureRounds(
  plan: RoundsPlan,
  signal: AbortSignal,
  watch: (step: Step) => void,
): Promise<Rounds> {
  const measurements: Measurement[] = [];
  const left = new Map(plan.workloads.map((workload) => [workload.text, tooMany(plan.peers, workload)]));
  const turns = turnsOf(plan);
  for (const [index, { round, workload, peer }] of turns.entries()) {
    const absent = left.get(workload.text)!;
    if (absent.some((absence) => absence.peer === peer.name)) continue;
    const found = await measureFresh(peer, workload, plan, signal).catch((error: Error) => error);
    if (signal.aborted) break;
    const step = { done: index + 1, of: turns.length, round, workload: workload.text, peer: peer.name };
    if (found instanceof Error) {
      const absence = { peer: peer.name, reason: `round ${round}: ${found.message}` };
      absent.push(absence);
      watch({ ...step, found: absence });
    } else {
      const measurement = { peer: peer.name, workload: workload.text, round, ...found };
      measurements.push(measurement);
      watch({ ...step, found: measurement });
    }
  }
  return { measurements, left };
}

interface Turn {
  readonly round: number;
  readonly workload: Workload;
  readonly peer: Peer;
}

function turnsOf({ rounds, workloads, peers }: RoundsPlan): Turn[] {
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    workloads.flatMap((workload) =>
      (round % 2 === 1 ? peers : peers.toReversed()).map((peer) => ({ round, workload, peer })),
    ),
  );
}

function tooMany(peers: readonly Peer[], { tabs }: Workload): Absence[] {
  return peers
    .filter(({ maxTabs = Number.POSITIVE_INFINITY }) => maxTabs < tabs)
    .map(({ name, maxTabs }) => ({
      peer: name,
      reason: `holds at most ${maxTabs!.toLocaleString('en')} tabs here`,
    }));
}

/** A Redis and a server for one measurement. */
async function measureFresh(peer: Peer, workload: Workload, times: Times, signal: AbortSignal) {
  const redis = await RedisServer.start();
  try {
    const target = await peer.start({ redis });
    try {
      return await measure(target, workload, times, signal);
    } finally {
      await target.stop();
    }
  } finally {
    await redis.stop();
  }
}
