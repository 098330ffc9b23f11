import type { Fleet, FleetPlan, Reading } from './fleet.js';
import type { Losses } from './ledger.js';
import { Worker } from './worker.js';

/** A fleet over as many processes as it needs. Tabs keep the order of the plan. */
export class Fleets {
  readonly #tabsPerProcess: number;
  readonly #parts: { worker: Worker<Fleet>; from: number; to: number }[] = [];

  /** @param tabsPerProcess at most; well below 20,000, a usual hard limit of file descriptors */
  constructor(tabsPerProcess = 8000) {
    this.#tabsPerProcess = tabsPerProcess;
  }

  /** Opens all tabs; resolves when each has its welcome. Call it once; after a rejection only `stop` is of use. */
  async open(plan: FleetPlan): Promise<void> {
    const total = plan.tabs.length;
    const count = Math.ceil(total / this.#tabsPerProcess);
    for (let part = 0; part < count; part++) {
      const from = Math.floor((part * total) / count);
      const to = Math.floor(((part + 1) * total) / count);
      this.#parts.push({ worker: new Worker<Fleet>('./fleet-process.js'), from, to });
    }
    await Promise.all(
      this.#parts.map(({ worker, from, to }) =>
        worker.ask('open', {
          ...plan,
          tabs: plan.tabs.slice(from, to),
          perSecond: plan.perSecond / count,
          inFlight: Math.ceil(plan.inFlight / count),
        }),
      ),
    );
  }

  /** What all have received up to now. */
  async read(): Promise<Reading> {
    const readings = await Promise.all(this.#parts.map(({ worker }) => worker.ask('read')));
    return {
      received: sum(readings.map(({ received }) => received)),
      latencies: Float64Array.from(readings.flatMap(({ latencies }) => [...latencies])),
      closes: readings.flatMap(({ closes }) => closes),
    };
  }

  /** Balances the ledgers, given how many messages each tab should have got. */
  async settle(sent: readonly number[]): Promise<Losses> {
    const losses = await Promise.all(
      this.#parts.map(({ worker, from, to }) => worker.ask('settle', sent.slice(from, to))),
    );
    return {
      lost: sum(losses.map(({ lost }) => lost)),
      doubled: sum(losses.map(({ doubled }) => doubled)),
      late: sum(losses.map(({ late }) => late)),
    };
  }

  /** Drops all connections. */
  stop(): void {
    for (const { worker } of this.#parts) worker.stop();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
