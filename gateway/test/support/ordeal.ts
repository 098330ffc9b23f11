import { mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import type { Cluster } from './cluster.js';
import { eventsOf } from './events.js';
import { Random } from './random.js';
import { closeScene, openScene } from './scene.js';
import { Schedule } from './schedule.js';

/** Where a run that failed is written down. */
const folder = fileURLToPath(new URL('../../fault-logs/', import.meta.url));

/** The seed of a schedule: FAULT_SEED where somebody wants to see it again, else a new one. */
export function faultSeed(): number {
  return Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}

/** Lets a schedule of faults happen to a cluster; afterwards everything flows, and nothing was lost in silence. */
export async function undergo(t: TestContext, seed: number, length: number): Promise<void> {
  const random = new Random(seed);
  const schedule = Schedule.draw(random, length);
  const options = pickHistory(random);
  t.diagnostic(`FAULT_SEED=${seed} ${JSON.stringify(options)}`);
  const scene = await openScene(options, { redis: random.pick(persistences) });
  const { cluster } = scene;
  try {
    await schedule.happen(scene);
    const healed = performance.now();
    await cluster.flowing(1);
    await cluster.heard();
    t.diagnostic(`accepted and heard again after ${Math.round(performance.now() - healed)} ms`);
    await cluster.flowing();
    await cluster.expectExact();
    cluster.expectHealthy();
    t.diagnostic(cluster.counts());
  } catch (error) {
    const file = writeDown(cluster, seed, schedule);
    const lines = [`FAULT_SEED=${seed}, in detail in ${file}`, ...schedule.words, inspect(error)];
    throw new Error(lines.join('\n'));
  } finally {
    await closeScene(scene);
  }
}

/** Redis keeps everything, or what was saved last. */
const persistences = [{ appendonly: 'yes' }, {}];

/** So long a history that everything can be resumed, or one that is soon too short. */
function pickHistory(random: Random): Record<string, string> {
  const size = random.pick(['10000', '100', '10']);
  return { HISTORY_USER_SIZE: size, HISTORY_GROUP_SIZE: size, HISTORY_ALL_SIZE: size };
}

function writeDown({ traffic, tabs, gateways }: Cluster, seed: number, { words }: Schedule): string {
  const file = `${folder}schedule-${seed}.json`;
  mkdirSync(folder, { recursive: true });
  const heard = tabs.map((tab) => tab.connections.map(({ frames }) => eventsOf(frames)));
  const logs = gateways.map(({ log, errors }) => ({ log, errors }));
  writeFileSync(file, JSON.stringify({ words, sends: traffic.sends, heard, logs }, null, 1));
  return file;
}
