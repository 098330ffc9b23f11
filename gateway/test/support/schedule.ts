import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, places } from './faults.js';
import type { Random } from './random.js';
import type { Scene } from './scene.js';

/** Most time between two faults at one place, in ms. */
const longestPause = 2048;

/** A fault at its time. */
interface Step {
  readonly place: string;
  readonly fault: Fault;
  /** When it begins and ends, in ms from the beginning. */
  readonly from: number;
  readonly to: number;
}

/** Faults at their times: one after the other at each place, and independently of those at other places. */
export class Schedule {
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps.toSorted((a, b) => a.from - b.from);
  }

  /** @param length within which all of it happens, in ms */
  static draw(random: Random, length: number): Schedule {
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
  async happen(scene: Scene): Promise<void> {
    const begun = performance.now();
    const at = (time: number) => pause(Math.max(begun + time - performance.now(), 0));
    const steps = Object.keys(places).map((place) => this.#steps.filter((step) => step.place === place));
    await Promise.all(steps.map((ofPlace) => happenInTurn(ofPlace, scene, at)));
  }
}

async function happenInTurn(
  steps: readonly Step[],
  scene: Scene,
  at: (time: number) => Promise<void>,
): Promise<void> {
  for (const { fault, from, to } of steps) {
    await at(from);
    await fault.begin(scene);
    await at(to);
    await fault.end?.(scene);
  }
}

function drawSteps(random: Random, place: string, faults: readonly Fault[], length: number): Step[] {
  const steps: Step[] = [];
  for (let now = 0; ; ) {
    const [fault, rest] = [random.pick(faults), random.below(longestPause)];
    const from = now + rest;
    const to = from + (fault.longest && random.below(fault.longest));
    if (to > length) return steps;
    steps.push({ place, fault, from, to });
    now = to;
  }
}
