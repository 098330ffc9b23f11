import type { TestContext } from 'node:test';
import { keepEvidence } from './evidence.js';
import { GatewayProcess } from './gateway.js';
import { longHistory } from './long-history.js';
import { closeScene, openScene, type Scene } from './scene.js';

/** A row of the fault matrix. */
export interface Row {
  /** Settings of Redis. */
  readonly redis?: Record<string, string>;
  /** Options of the gateways, beside a history that is long enough for everything. */
  readonly options?: Record<string, string>;
  /** What happens. When it is over, everything can flow again. */
  happen(scene: Scene): Promise<unknown>;
}

/**
 * Lets a row happen to a cluster of its own, and hands it over when every stream flows again.
 * @param mutant module that makes something else of the gateways, see mutants/
 */
export async function undergoRow(
  t: TestContext,
  row: Row,
  judge: (scene: Scene) => Promise<unknown>,
  mutant?: URL,
): Promise<void> {
  const scene = await open(row, mutant);
  t.after(() => keepEvidence(t, scene.cluster));
  try {
    await row.happen(scene);
    const over = performance.now();
    await scene.cluster.flowing(1);
    t.diagnostic(`in full flow again after ${Math.round(performance.now() - over)} ms`);
    await scene.cluster.flowing();
    await judge(scene);
    t.diagnostic(scene.cluster.counts());
  } finally {
    await closeScene(scene);
  }
}

function open({ redis, options }: Row, mutant: URL | undefined): Promise<Scene> {
  const startGateway = async (given: Record<string, string>) => {
    const gateway = GatewayProcess.launch(given, [], undefined, mutant);
    await gateway.listening();
    return gateway;
  };
  return openScene({ ...longHistory, ...options }, { ...(redis && { redis }), startGateway });
}

/** What was promised is kept, and the gateways are well. */
export async function expectExact({ cluster }: Scene): Promise<void> {
  await cluster.expectExact();
  cluster.expectHealthy();
}

/** As `expectExact`; and no tab has lost its connection. */
export async function expectExactAndConnected(scene: Scene): Promise<void> {
  scene.cluster.expectConnected();
  await expectExact(scene);
}
