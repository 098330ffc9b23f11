import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Places } from './faults.js';
import type { Random } from './random.js';

/** Most time between two faults at one place, in ms. */
const longestPause = 2048;

/** A fault at its time. */
interface Step<Of> {
  readonly place: string;
  readonly fault: Fault<Of>;
  /** When it begins and ends, in ms from the beginning. */
  readonly from: number;
  readonly to: number;
}

/** Faults at their times: one after the other at each place, and independently of those at other places. */
export class Schedule<Of> {
  readonly #steps: readonly Step<Of>[];

  private constructor(steps: readonly Step<Of>[]) {
    this.#steps = steps.toSorted((a, b) => a.from - b.from);
  }

  /**
   * @param places what may happen, and to what
   * @param length within which all of it happens, in ms
   */
  static draw<Of>(random: Random, places: Places<Of>, length: number): Schedule<Of> {
    const steps = Object.entries(places).map(([place, faults]) => drawSteps(random, place, faults, length));
    return new Schedule(steps.flat());
  }

  /** Its steps in words, in the order in which they begin. */
  get words(): string[] {
    return this.#steps.map(
      ({ place, fault, from, to }) =>
        `${from} ms: ${place} ${fault.name}${to > from ? `, until ${to} ms` : ''}`,
    );
  }

  /** Resolves when all has happened, and nothing of it lasts any longer. */
  async happen(scene: Of): Promise<void> {
    const begun = performance.now();
    const at = (time: number) => pause(Math.max(begun + time - performance.now(), 0));
    const places = new Set(this.#steps.map(({ place }) => place));
    const steps = [...places].map((place) => this.#steps.filter((step) => step.place === place));
    await Promise.all(steps.map((ofPlace) => happenInTurn(ofPlace, scene, at)));
  }
}

async function happenInTurn<Of>(
  steps: readonly Step<Of>[],
  scene: Of,
  at: (time: number) => Promise<void>,
): Promise<void> {
  for (const { fault, from, to } of steps) {
    await at(from);
    await fault.begin(scene);
    await at(to);
    await fault.end?.(scene);
  }
}

function drawSteps<Of>(
  random: Random,
  place: string,
  faults: readonly Fault<Of>[],
  length: number,
): Step<Of>[] {
  const steps: Step<Of>[] = [];
  for (let now = 0; ; ) {
    const [fault, rest] = [random.pick(faults), random.below(longestPause)];
    const from = now + rest;
    const to = from + (fault.longest && random.below(fault.longest));
    if (to > length) return steps;
    steps.push({ place, fault, from, to });
    now = to;
  }
}
