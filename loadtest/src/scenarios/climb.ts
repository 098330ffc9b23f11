import { addLosses, type Losses } from '../books/ledger.js';
import type { Series } from '../report/result.js';
import { findKnee } from './knee.js';
import { cpuPerDelivery, isBehind, type LoadReport, lossProblems } from './load-report.js';
import { unlessInterrupted } from './opening.js';
import type { Lab } from './scenario.js';

/** How near to the knee a climb comes, as a share. */
const nearness = 0.1;

/** A rate has so many chances: what disturbs one may be the machine, or a server that is not yet warm. */
const attempts = 2;

/** The load at one rate. */
interface Step {
  /** Messages per second. */
  readonly rate: number;
  /** When it ended, s since the climb began. */
  readonly at: number;
  readonly report: LoadReport;
}

/** Steps on the way to the highest rate that is sustained: p99 under a bound, nothing lost, doubled, late, refused or closed. */
export class Climb {
  readonly #bound: number;
  readonly #steps: Step[] = [];
  /** The step that was cut short tells no rate, but what it has lost. */
  #cutShort: LoadReport | undefined;

  /** @param bound of p99, ms */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /**
   * Loads the target with one rate after the other.
   * @param load puts a rate on the target, with tabs of its own
   * @returns the knee, messages per second; NaN when not even the first rate was sustained
   */
  async climb(
    lab: Lab,
    first: number,
    load: (lab: Lab, rate: number) => Promise<LoadReport>,
  ): Promise<number> {
    const begin = performance.now();
    return findKnee(first, nearness, async (rate) => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        if (lab.signal.aborted) return undefined;
        const report = await unlessInterrupted(load(named(lab, `${Math.round(rate)} per s`), rate));
        if (report === undefined || report.interruptedAt !== undefined) {
          this.#cutShort = report;
          return undefined;
        }
        const step = { rate, at: (performance.now() - begin) / 1000, report };
        this.#steps.push(step);
        if (this.#isSustained(step)) return true;
      }
      return false;
    });
  }

  /** The highest step that was sustained. */
  get best(): Step | undefined {
    const sustained = this.#steps.filter((step) => this.#isSustained(step));
    return sustained.sort((a, b) => b.rate - a.rate)[0];
  }

  /** Of all steps together. */
  get losses(): Losses {
    return addLosses(this.#reports.map(({ losses }) => losses));
  }

  /** The steps as curves. */
  series(): Series[] {
    const at = this.#steps.map((step) => step.at);
    const curve = (name: string, unit: string, value: (step: Step) => number): Series => ({
      ...{ name, unit, at },
      values: this.#steps.map(value),
    });
    return [
      curve('sent', 'per s', ({ rate }) => rate),
      curve('deliveries', 'per s', ({ report }) => report.rate),
      curve('p99', 'ms', ({ report }) => report.latency.p99),
      curve('gateway CPU per delivery', 'µs', ({ report }) => cpuPerDelivery(report, 'gateway')),
    ];
  }

  /** What is not as it should be, over all steps. A step beyond the knee may be slow, but it may lose nothing. */
  problems(lab: Lab): string[] {
    const first = this.#steps[0];
    const expected = this.#reports.reduce((sum, report) => sum + report.expected, 0);
    const beyond = this.#steps.findLast((step) => !this.#isSustained(step));
    return [
      ...lossProblems(this.losses, expected),
      ...(first !== undefined && this.best === undefined
        ? [`Not even ${first.rate} per s were sustained: start lower.`]
        : []),
      ...(beyond !== undefined && isBehind(beyond.report)
        ? [
            `At ${Math.round(beyond.rate)} per s the sender fell behind: the servers may carry more than was found.`,
          ]
        : []),
      ...(lab.signal.aborted ? ['Interrupted: the knee may be higher than what was found.'] : []),
    ];
  }

  get #reports(): LoadReport[] {
    const reports = this.#steps.map(({ report }) => report);
    return this.#cutShort === undefined ? reports : [...reports, this.#cutShort];
  }

  #isSustained({ report }: Step): boolean {
    const { latency, losses, closes, refused } = report;
    const faults = [...Object.values(losses), ...Object.values(closes), refused];
    return latency.p99 < this.#bound && faults.every((count) => count === 0) && !isBehind(report);
  }
}

/** A lab whose phases tell the step that they belong to. */
function named(lab: Lab, step: string): Lab {
  return { ...lab, progress: (moment) => lab.progress({ ...moment, phase: `${step}: ${moment.phase}` }) };
}
