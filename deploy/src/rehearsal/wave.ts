import type { Percentiles } from '@tabcast/loadtest/books/latency';
import { usualTextBytes } from '@tabcast/loadtest/books/message';
import type { Fleets } from '@tabcast/loadtest/fleet/fleets';
import type { FleetPlan, Reading } from '@tabcast/loadtest/fleet/plan';
import type { Crowd } from '@tabcast/loadtest/scenarios/crowds';
import { underLoad } from '@tabcast/loadtest/scenarios/load';
import type { LoadReport } from '@tabcast/loadtest/scenarios/load-report';
import { fleetPlan, openTabs, tabsPerStream } from '@tabcast/loadtest/scenarios/opening';
import { Phases } from '@tabcast/loadtest/scenarios/phases';
import type { Lab } from '@tabcast/loadtest/scenarios/scenario';

/** Before that nothing is measured, s. */
const warmUp = 2;

/** How a wave comes, and comes back. */
export interface WaveOptions {
  /** Tabs that connect per second the first time, at most. */
  readonly arrivals: number;
  /** A tab that has lost its connection comes back within so many ms; at once where it is 0, as one that was told to go. */
  readonly within: number;
  /** Messages per second to all its streams together. */
  readonly sends: number;
}

/** Tabs that come together, and get what is sent to them from the moment when all are there until they go. */
export class Wave<Phase extends string> {
  readonly #phases: Phases<Phase>;
  readonly #fleet: Fleets;
  readonly #lab: Lab;
  readonly #crowd: Crowd;
  readonly #options: WaveOptions;
  #reading: Reading | undefined;
  #isGone = false;

  /** @param first the phase that it begins with */
  constructor(lab: Lab, crowd: Crowd, first: Phase, options: WaveOptions) {
    this.#lab = lab;
    this.#crowd = crowd;
    this.#options = options;
    this.#fleet = lab.fleet();
    this.#phases = new Phases(this.#fleet, first);
  }

  /** Resolves when all tabs are there. Rejects with the first that is not let in. */
  async open(): Promise<void> {
    const { arrivals, within } = this.#options;
    const more: Partial<FleetPlan> = {
      perSecond: arrivals,
      inFlight: 100,
      sampleEvery: 4,
      comesBack: { within },
    };
    await this.#fleet.prepare(this.#crowd.guests.length);
    await openTabs(this.#lab, this.#phases, fleetPlan(this.#lab.target, this.#crowd.guests, more));
  }

  /** Sends to the tabs for as long as something lasts, and tells what became of all messages. The tabs stay. */
  load(during: () => Promise<void>): Promise<LoadReport> {
    const { guests, destinations } = this.#crowd;
    return underLoad(
      { ...this.#lab, progress: () => {} },
      {
        ...{ fleet: this.#phases, destinations, tabsOf: tabsPerStream(guests, destinations.length) },
        ...{ textBytes: usualTextBytes, perSecond: this.#options.sends, during },
        times: { warmUp, window: 1 },
      },
    );
  }

  /** The phase from now on. */
  async enter(phase: Phase): Promise<void> {
    await this.#phases.enter(phase);
  }

  /** From when messages of a phase were due to their arrival. */
  latency(phase: Phase): Percentiles {
    return this.#phases.latency(phase);
  }

  /** From when tabs of a phase lost their connection, and `within` was over, to their next welcome. */
  away(phase: Phase): Percentiles {
    return this.#phases.welcome(phase);
  }

  /** What it has seen so far; the last, when it is gone. */
  async read(): Promise<Reading> {
    if (this.#reading === undefined || !this.#isGone) this.#reading = await this.#phases.look();
    return this.#reading;
  }

  /** All tabs go at once. */
  async leave(): Promise<void> {
    await this.read();
    this.#isGone = true;
    await this.#fleet.cut();
  }
}

/** How often tabs have tried to connect, the first time included: each that got in is there, or was closed. */
export function attemptsIn({ open, closes, failures }: Reading): number {
  return Object.values(closes).reduce((sum, tabs) => sum + tabs, open + failures);
}
