/** What the replicas show of a metric, one each; undefined of one that does not tell yet. */
export type Readings = readonly (number | undefined)[];

/** Below this distance of the ratio from 1 nothing is scaled (`--horizontal-pod-autoscaler-tolerance`). */
const tolerance = 0.1;

/**
 * How many replicas a HorizontalPodAutoscaler wants, before its behaviour slows it down:
 * `ceil(replicas × mean ÷ target)`, and as many as there are where the mean is near the target. A replica that does not tell
 * counts against the change: as empty where there would be more of them, as on target where there would be fewer.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 * @param target what one replica should show, above 0
 */
export function wantedReplicas(readings: Readings, target: number): number {
  const replicas = readings.length;
  const told = readings.filter((reading) => reading !== undefined);
  if (told.length === 0) return replicas;
  const optimistic = meanOf(told) / target;
  const assumed = optimistic > 1 ? 0 : target;
  const ratio = meanOf(readings.map((reading) => reading ?? assumed)) / target;
  const hasTurned = optimistic > 1 !== ratio > 1;
  return hasTurned || isNearOne(ratio) ? replicas : Math.ceil(rounded(ratio * replicas));
}

/** 1.1 is within the tolerance, although 1.1 − 1 is a little more than 0.1 in binary. */
function isNearOne(ratio: number): boolean {
  return rounded(Math.abs(1 - ratio)) <= tolerance;
}

/** Without what binary fractions add: three times a third is no reason for a fourth replica. */
function rounded(value: number): number {
  return Number(value.toFixed(9));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
