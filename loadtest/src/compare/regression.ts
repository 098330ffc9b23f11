import type { Comparison, ComparisonRow } from '../report/comparison.js';

/** A ratio to the yardstick that has become worse. */
export interface Regression {
  readonly workload: string;
  readonly peer: string;
  /** The median ratio of the earlier run. */
  readonly before: number;
  readonly now: number;
}

/** What an earlier run tells and this one does not: servers that could not be measured under one of its workloads, a sentence each. */
export function unmeasured({ tables, missing }: Comparison, before: Comparison): string[] {
  return tables.flatMap(({ workload, rows, left }) => [
    ...[...missing, ...left]
      .filter(({ peer }) => rowIn(before, workload, peer))
      .map(({ peer, reason }) => `${peer} under ${workload}: ${reason}`),
    ...rows
      .filter(({ ratio, peer }) => Number.isNaN(ratio.median) && rowIn(before, workload, peer))
      .map(({ peer }) => `${peer} under ${workload}: there is no ratio`),
  ]);
}

/**
 * What costs more than in an earlier run, in proportion to the yardstick: those whose best round now is above the worst round then.
 * CPU itself is not compared, because machines drift.
 * @throws {RangeError} when the runs have nothing in common
 */
export function regressions(now: Comparison, before: Comparison): Regression[] {
  const inCommon = now.tables.some(({ workload, rows }) =>
    rows.some(({ peer }) => rowIn(before, workload, peer)),
  );
  if (!inCommon)
    throw new RangeError('the earlier run has none of these servers under any of these workloads');
  return now.tables.flatMap(({ workload, rows }) =>
    rows.flatMap((row) => {
      const earlier = rowIn(before, workload, row.peer);
      if (earlier === undefined || !(row.ratio.min > earlier.ratio.max)) return [];
      return [{ workload, peer: row.peer, before: earlier.ratio.median, now: row.ratio.median }];
    }),
  );
}

function rowIn({ tables }: Comparison, workload: string, peer: string): ComparisonRow | undefined {
  return tables.find((table) => table.workload === workload)?.rows.find((row) => row.peer === peer);
}
