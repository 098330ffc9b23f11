import { type Cable, layCable } from './cable.js';
import { Cluster, type ClusterParts } from './cluster.js';

/** What faults happen to. */
export interface Scene {
  readonly cluster: Cluster;
  /** Between the first gateway and Redis. */
  readonly cable: Cable;
}

/** Starts a cluster and lays the cable. The rest is as in Cluster.start. */
export async function openScene(
  options: Record<string, string> = {},
  parts: Omit<ClusterParts, 'wayOfFirst'> = {},
): Promise<Scene> {
  let cable: Cable | undefined;
  const wayOfFirst = async (port: number) => {
    cable = await layCable(port);
    return cable.port;
  };
  const cluster = await Cluster.start(options, { ...parts, wayOfFirst });
  return { cluster, cable: cable! };
}

export async function closeScene({ cluster, cable }: Scene): Promise<void> {
  await cluster.close();
  await cable.close();
}
