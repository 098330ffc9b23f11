import type { TestContext } from 'node:test';
import { keepEvidence } from './evidence.js';
import { type Inhabited, type Places, places } from './faults.js';
import { Random } from './random.js';
import { closeScene, openScene, type Scene } from './scene.js';
import { Schedule } from './schedule.js';

/** A kind of scene, and the faults that happen to it. */
export interface Ordeal<Of extends Inhabited> {
  readonly places: Places<Of>;
  /** @param options of its gateways */
  open(options: Record<string, string>, random: Random): Promise<Of>;
  /** Resolves when nothing of the faults goes on by itself any more. */
  calmed?(scene: Of): Promise<unknown>;
  close(scene: Of): Promise<void>;
}

/** Redis keeps everything, or what was saved last. */
const persistences = [{ appendonly: 'yes' }, {}];

export const onOneRedis: Ordeal<Scene> = {
  places,
  open: (options, random) => openScene(options, { redis: random.pick(persistences) }),
  close: closeScene,
};

/** The seed of a schedule: FAULT_SEED where somebody wants to see it again, else a new one. */
export function faultSeed(): number {
  return Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}

/** Lets a schedule of faults happen to a cluster; afterwards everything flows, and nothing was lost in silence. */
export async function undergo<Of extends Inhabited>(
  t: TestContext,
  ordeal: Ordeal<Of>,
  seed: number,
  length: number,
): Promise<void> {
  const random = new Random(seed);
  const schedule = Schedule.draw(random, ordeal.places, length);
  const options = pickHistory(random);
  t.diagnostic(`FAULT_SEED=${seed} ${JSON.stringify(options)}`);
  const scene = await ordeal.open(options, random);
  const { cluster } = scene;
  t.after(() => keepEvidence(t, cluster, [`FAULT_SEED=${seed}`, ...schedule.words]));
  try {
    await schedule.happen(scene);
    const healed = performance.now();
    await ordeal.calmed?.(scene);
    await cluster.flowing(1);
    await cluster.heard();
    t.diagnostic(`accepted and heard again after ${Math.round(performance.now() - healed)} ms`);
    await cluster.flowing();
    await cluster.expectExact();
    cluster.expectHealthy();
    t.diagnostic(cluster.counts());
  } finally {
    await ordeal.close(scene);
  }
}

/** So long a history that everything can be resumed, or one that is soon too short. */
function pickHistory(random: Random): Record<string, string> {
  const size = random.pick(['10000', '100', '10']);
  return { HISTORY_USER_SIZE: size, HISTORY_GROUP_SIZE: size, HISTORY_ALL_SIZE: size };
}
