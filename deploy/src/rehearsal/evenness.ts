import { leastTolerance, tolerance } from '@tabcast/gateway/internal/leaving/balance';

/** How tabs are spread over gateways. */
export interface Evenness {
  /** By how much the fullest is above the mean, %. */
  readonly fullest: number;
  /** By how much the emptiest is below the mean, %. */
  readonly emptiest: number;
  /** Whether no gateway is further from the mean, above or below, than gateways tolerate above it. */
  readonly isEven: boolean;
}

/** @param tabs of each gateway; of none, and where there is no tab, they are even */
export function evenness(tabs: readonly number[]): Evenness {
  const total = tabs.reduce((sum, count) => sum + count, 0);
  if (total === 0) return { fullest: 0, emptiest: 0, isEven: true };
  const mean = total / tabs.length;
  const [least, most] = [Math.min(...tabs), Math.max(...tabs)];
  return {
    fullest: (most / mean - 1) * 100,
    emptiest: (1 - least / mean) * 100,
    isEven: Math.max(most - mean, mean - least) < Math.max(leastTolerance, tolerance * mean) + 1,
  };
}
