import type { Step } from '../compare/rounds.js';
import { digits } from '../report/format.js';

/** One line on stderr for each step. */
export function logStep({ done, of, round, workload, peer, found }: Step): void {
  const head = `${done}/${of}  round ${round}  ${workload}  ${peer}`;
  if ('reason' in found) console.error(`${head}  failed: ${found.reason}`);
  else {
    const { gatewayCpu, rate, p99, saturated, lost } = found;
    const state = saturated ? '  saturated' : lost > 0 ? `  lost ${lost}` : '';
    console.error(
      `${head}  ${digits(gatewayCpu)} µs, ${digits(Math.round(rate))} per s, p99 ${digits(p99)} ms${state}`,
    );
  }
}
