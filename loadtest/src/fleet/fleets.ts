import { addLosses, type Losses } from '../books/ledger.js';
import type { Asked } from '../workers/questions.js';
import { RemoteWorker } from '../workers/remote-worker.js';
import { Worker } from '../workers/worker.js';
import type { Fleet } from './fleet.js';
import type { FleetPlan, Pace, Reading, TabHolder } from './plan.js';
import { addReadings } from './readings.js';

/** Compiled module of the processes that hold the tabs. */
export const fleetProcess = new URL('./fleet-process.js', import.meta.url);

/** Clocks of other machines drift: their offsets are estimated anew when they are older than this, ms. */
const clockLife = 10_000;

/** Where the processes of a fleet are. */
export interface FleetsOptions {
  /** At most; below 20,000, a usual hard limit of file descriptors (15,000). */
  readonly tabsPerProcess?: number;
  /** `host:port` each, where `npm run worker` listens: they hold all tabs, and this machine none. Without any it holds them all. */
  readonly workers?: readonly string[];
  /** What those workers want to hear. */
  readonly key?: string;
}

/** A fleet over as many processes as it needs. Tabs keep the order of the plan. */
export class Fleets implements TabHolder {
  readonly #options: FleetsOptions;
  readonly #parts: Asked<Fleet>[] = [];
  readonly #remote: RemoteWorker<Fleet>[] = [];
  #clocksSet = 0;
  #stopped = false;

  constructor(options: FleetsOptions = {}) {
    this.#options = options;
  }

  /** Starts the processes for so many tabs, so that it takes none of the time of `open`. */
  async prepare(tabs: number): Promise<void> {
    await this.#engage(tabs);
    await this.read();
  }

  async open(plan: FleetPlan): Promise<void> {
    if (this.#parts.length === 0) await this.#engage(plan.tabs.length);
    const total = plan.tabs.length;
    const count = this.#parts.length;
    await Promise.all(
      this.#parts.map((part, index) => {
        const from = Math.floor((index * total) / count);
        const tabs = plan.tabs.slice(from, Math.floor(((index + 1) * total) / count));
        const servers = rotate(plan.servers, from);
        return part.ask('open', { ...plan, ...this.#share(plan), servers, tabs });
      }),
    );
  }

  async read(): Promise<Reading> {
    if (performance.now() - this.#clocksSet > clockLife) await this.#setClocks();
    return addReadings(await Promise.all(this.#parts.map((part) => part.ask('read'))));
  }

  async settle(sent: readonly number[]): Promise<Losses> {
    return addLosses(await Promise.all(this.#parts.map((part) => part.ask('settle', sent))));
  }

  async cut(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.ask('cut')));
  }

  async reopen(pace: Pace): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.ask('reopen', this.#share(pace))));
  }

  async slow(every: number): Promise<number> {
    const counts = await Promise.all(this.#parts.map((part) => part.ask('slow', every)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async awaken(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.ask('awaken')));
  }

  /** Drops all connections, and ends the processes. */
  stop(): void {
    this.#stopped = true;
    for (const part of this.#parts) part.stop();
  }

  /** Starts as many processes as so many tabs need, on the workers in turn where there are any. */
  async #engage(tabs: number): Promise<void> {
    const { tabsPerProcess = 15_000, workers = [], key } = this.#options;
    const needed = Math.ceil(tabs / tabsPerProcess);
    if (workers.length === 0)
      for (let part = 0; part < needed; part++) this.#parts.push(new Worker<Fleet>(fleetProcess));
    else
      for (let part = 0; part < needed || part % workers.length > 0; part++)
        await this.#engageRemote(workers[part % workers.length]!, key);
    await this.#setClocks();
  }

  async #engageRemote(place: string, key: string | undefined): Promise<void> {
    const worker = await RemoteWorker.connect<Fleet>(place, key);
    this.#parts.push(worker);
    this.#remote.push(worker);
    if (this.#stopped) worker.stop();
  }

  async #setClocks(): Promise<void> {
    this.#clocksSet = performance.now();
    await Promise.all(this.#remote.map(async (worker) => worker.ask('setClock', await worker.clock())));
  }

  /** What one process does of a pace. */
  #share({ perSecond, inFlight }: Pace): Pace {
    const count = this.#parts.length;
    return { perSecond: perSecond / count, inFlight: Math.ceil(inFlight / count) };
  }
}

/** The same in turn, but beginning with the one that has this index. */
function rotate<T>(values: readonly T[], index: number): T[] {
  const first = index % values.length;
  return [...values.slice(first), ...values.slice(0, first)];
}
