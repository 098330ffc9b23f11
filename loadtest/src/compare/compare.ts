import type { Peer } from '../../peers/peer.js';
import type { Comparison } from '../report/comparison.js';
import { thisMachine } from '../servers/machine.js';
import { measureRounds, type RoundsPlan, type Step } from './rounds.js';
import { problemsOf, tableOf } from './rows.js';

/** Compares all peers of a plan that can be started here. When the signal is aborted, with what there is. */
export async function compare(
  plan: RoundsPlan,
  yardstick: string,
  signal: AbortSignal,
  watch: (step: Step) => void,
): Promise<Comparison> {
  const date = new Date().toISOString();
  const missing = plan.peers.flatMap((peer) => {
    const reason = peer.missing();
    return reason === undefined ? [] : [{ peer: peer.name, reason }];
  });
  const present = plan.peers.filter(({ name }) => !missing.some(({ peer }) => peer === name));
  const { measurements, left } = await measureRounds({ ...plan, peers: present }, signal, watch);
  const names = present.map(({ name }) => name);
  const { rounds, warmUp, window, workloads } = plan;
  return {
    ...{ date, machine: thisMachine(), yardstick, rounds, warmUp, window },
    peers: present.map(describePeer),
    missing,
    tables: workloads.map((workload) =>
      tableOf(workload, names, measurements, yardstick, left.get(workload.text)!),
    ),
    measurements,
    problems: [
      ...(signal.aborted ? ['It was interrupted: these are the measurements up to then.'] : []),
      ...problemsOf(measurements),
    ],
  };
}

function describePeer({ name, title, remarks }: Peer) {
  return { name, title: title(), remarks };
}
