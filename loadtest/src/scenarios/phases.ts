import { Latencies, type Percentiles } from '../books/latency.js';
import type { Losses } from '../books/ledger.js';
import type { FleetPlan, Reading, TabHolder } from '../fleet/plan.js';

/** What the tabs of a fleet have felt in one phase. */
interface Feelings {
  readonly latencies: Latencies;
  readonly welcomes: Latencies;
}

type Held = Pick<TabHolder, 'open' | 'read' | 'settle'>;

/**
 * A fleet that keeps apart what its tabs feel in each phase of a run. It is read in the place of the fleet, so that a load and
 * a scenario can both read it, and none takes anything from the other.
 */
export class Phases<Phase extends string> implements Held {
  readonly #fleet: Held;
  readonly #felt = new Map<Phase, Feelings>();
  #phase: Phase;
  /** Since `read` was called last. */
  #unread = nothing();

  constructor(fleet: Held, first: Phase) {
    this.#fleet = fleet;
    this.#phase = first;
  }

  open(plan: FleetPlan): Promise<void> {
    return this.#fleet.open(plan);
  }

  /** What was received since the last reading. */
  async read(): Promise<Reading> {
    const reading = await this.look();
    const { latencies, welcomes } = this.#unread;
    this.#unread = nothing();
    return { ...reading, latencies: latencies.encode(), welcomes: welcomes.encode() };
  }

  settle(sent: readonly number[]): Promise<Losses> | Losses {
    return this.#fleet.settle(sent);
  }

  /** Ends a phase and begins another. */
  async enter(phase: Phase): Promise<void> {
    const ended = this.look();
    this.#phase = phase;
    await ended;
  }

  /** As `read`, but leaves the latencies and welcomes to the next who reads. */
  async look(): Promise<Reading> {
    const phase = this.#phase;
    const reading = await this.#fleet.read();
    const latencies = Latencies.decode(reading.latencies);
    const welcomes = Latencies.decode(reading.welcomes);
    for (const feelings of [this.#of(phase), this.#unread]) {
      feelings.latencies.add(latencies);
      feelings.welcomes.add(welcomes);
    }
    return reading;
  }

  /** Of the messages that arrived in a phase, as far as it was read. */
  latency(phase: Phase): Percentiles {
    return this.#of(phase).latencies.percentiles();
  }

  /** Of the tabs that were welcomed in a phase, as far as it was read. */
  welcome(phase: Phase): Percentiles {
    return this.#of(phase).welcomes.percentiles();
  }

  #of(phase: Phase): Feelings {
    const feelings = this.#felt.get(phase) ?? nothing();
    this.#felt.set(phase, feelings);
    return feelings;
  }
}

function nothing(): Feelings {
  return { latencies: new Latencies(), welcomes: new Latencies() };
}
