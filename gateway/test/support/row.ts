import type { TestContext } from 'node:test';
import { layCable } from './cable.js';
import { Cluster, type ClusterParts } from './cluster.js';
import type { Scene } from './faults.js';
import { GatewayProcess } from './gateway.js';
import { countsOf } from './ordeal.js';

/** So much of each channel that nobody can have missed more. */
const longHistory = {
  HISTORY_USER_SIZE: '10000',
  HISTORY_GROUP_SIZE: '10000',
  HISTORY_ALL_SIZE: '10000',
};

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
  try {
    await row.happen(scene);
    const over = performance.now();
    await scene.cluster.flowing(1);
    t.diagnostic(`in full flow again after ${Math.round(performance.now() - over)} ms`);
    await scene.cluster.flowing();
    await judge(scene);
    t.diagnostic(countsOf(scene.cluster));
  } finally {
    await scene.cluster.close();
    await scene.cable.close();
  }
}

async function open({ redis, options }: Row, mutant: URL | undefined): Promise<Scene> {
  let cable: Scene['cable'] | undefined;
  const parts: ClusterParts = {
    ...(redis && { redis }),
    wayOfFirst: async (port) => {
      cable = await layCable(port);
      return cable.port;
    },
    startGateway: async (given) => {
      const gateway = GatewayProcess.launch(given, [], undefined, mutant);
      await gateway.listening();
      return gateway;
    },
  };
  const cluster = await Cluster.start({ ...longHistory, ...options }, parts);
  return { cluster, cable: cable! };
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
