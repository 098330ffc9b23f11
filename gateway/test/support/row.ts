import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { keepEvidence } from './evidence.js';
import { longHistory } from './long-history.js';
import { type Mutant, startMutant } from './mutant.js';
import { closeScene, openScene, type Scene } from './scene.js';
import { until } from './until.js';

/** A row of the fault matrix. */
export interface Row {
  /** Settings of Redis. */
  readonly redis?: Record<string, string>;
  /** Options of the gateways, beside a history that is long enough for everything. */
  readonly options?: Record<string, string>;
  /** As ClusterParts.repeats. */
  readonly repeats?: boolean;
  /** What happens. When it is over, everything can flow again. */
  happen(scene: Scene): Promise<unknown>;
}

/**
 * Lets a row happen to a cluster of its own, and hands it over when every stream flows again.
 * @param mutants what the gateways lack
 */
export async function undergoRow(
  t: TestContext,
  row: Row,
  judge: (scene: Scene) => Promise<unknown>,
  ...mutants: readonly Mutant[]
): Promise<void> {
  const scene = await open(row, mutants);
  t.after(() => keepEvidence(t, scene.cluster));
  try {
    await row.happen(scene);
    const over = performance.now();
    await scene.cluster.flowing(1);
    if (mutants.length === 0) {
      await scene.cluster.heard();
      t.diagnostic(`accepted and heard again after ${Math.round(performance.now() - over)} ms`);
    }
    await scene.cluster.flowing();
    await judge(scene);
    t.diagnostic(scene.cluster.counts());
  } finally {
    await closeScene(scene);
  }
}

function open({ redis, options, repeats = false }: Row, mutants: readonly Mutant[]): Promise<Scene> {
  const startGateway = startMutant(...mutants);
  return openScene({ ...longHistory, ...options }, { ...(redis && { redis }), repeats, startGateway });
}

/** What was promised is kept, and the gateways are well. */
export async function expectExact({ cluster }: Scene): Promise<void> {
  await cluster.expectExact();
  cluster.expectHealthy();
}

/**
 * What was sent until now stays missed, by a tab that was told of nothing.
 * @param within more than it would take to make it good, in ms
 * @param fault what the ledger says first
 */
export async function expectMissed({ cluster }: Scene, within: number, fault: RegExp): Promise<void> {
  await cluster.traffic.stop();
  await assert.rejects(until('the ledger to be right', () => cluster.faults().length === 0, within));
  assert.match(cluster.faults()[0]!, fault);
}

/** As `expectExact`; and no tab has lost its connection. */
export async function expectExactAndConnected(scene: Scene): Promise<void> {
  scene.cluster.expectConnected();
  await expectExact(scene);
}

/** As `expectExact`; and all that was missed was read, and none of it told to be lost. Of rows whose history is long enough. */
export async function expectNothingLost(scene: Scene): Promise<void> {
  await expectExact(scene);
  scene.cluster.expectNothingTold();
}

/** As `expectNothingLost`; and no tab has lost its connection. */
export async function expectUnnoticed(scene: Scene): Promise<void> {
  scene.cluster.expectConnected();
  await expectNothingLost(scene);
}
