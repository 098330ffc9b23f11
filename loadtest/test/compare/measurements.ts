import type { Measurement } from '../../src/report/comparison.js';

/** A measurement in which all went well. */
export function measurement(
  peer: string,
  round: number,
  gatewayCpu: number,
  more: Partial<Measurement> = {},
): Measurement {
  return {
    ...{ peer, workload: 'users:1:1', round, gatewayCpu, cpuWithRedis: gatewayCpu + 1 },
    ...{ rate: 2, offered: 2, p50: 1, p99: 2, saturated: false, expected: 10 },
    ...{ lost: 0, doubled: 0, late: 0, stray: 0, unheard: 0, closed: 0, behind: 0 },
    ...{ connectCpu: 100, residentPerTab: 2 },
    ...{ serverCoreBusy: 0.5, loadCoreBusy: 0.5, intruded: 0, stolen: 0 },
    ...more,
  };
}
