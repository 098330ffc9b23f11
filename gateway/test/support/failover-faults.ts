import type { Cluster } from './cluster.js';
import { type Inhabited, inhabitants, over, type Places } from './faults.js';
import type { RedisServer } from './redis.js';
import type { RedisCluster } from './redis-cluster.js';
import { follow, type Sentinels } from './sentinels.js';

/** A cluster on a Redis that Sentinels watch. */
export interface WatchedScene extends Inhabited {
  readonly sentinels: Sentinels;
}

/** A cluster on a Redis Cluster. */
export interface ShardedScene {
  readonly cluster: Cluster;
  readonly nodes: RedisCluster;
  /** A slot that has channels of the tabs. */
  readonly slot: number;
}

/** What happens where Sentinels watch over one Redis and its replica. Until the next fault both are well again, or have 4 s to become so. */
export const watched: Places<WatchedScene> = {
  master: [
    {
      ...{ name: 'is killed', longest: 4000 },
      begin: async ({ sentinels }) => (await sentinels.master()).kill(),
      end: ({ sentinels }) => revive(sentinels.servers),
    },
    {
      ...{ name: 'hangs', longest: 4000 },
      begin: async ({ sentinels }) => (await sentinels.master()).stop(),
      end: ({ sentinels }) => revive(sentinels.servers),
    },
    over('is asked to hand over', ({ sentinels }) => sentinels.askForFailover()),
    {
      ...{ name: 'loses its replica', longest: 2000 },
      begin: async ({ sentinels }) => {
        const master = await sentinels.master();
        for (const server of sentinels.servers) if (server !== master) await follow(server, 1);
      },
    },
    over('cuts off everybody', async ({ sentinels }) => (await sentinels.master()).cutOff()),
  ],
  ...inhabitants,
};

/** What happens to a Redis Cluster. */
export const sharded: Places<ShardedScene> = {
  nodes: [
    ...[0, 1, 2].flatMap((index) => [
      {
        ...{ name: `master ${index} is killed`, longest: 3000 },
        begin: async ({ nodes }: ShardedScene) => (await nodes.masters())[index]!.kill(),
        end: ({ nodes }: ShardedScene) => nodes.heal(),
      },
      {
        ...{ name: `master ${index} hangs`, longest: 3000 },
        begin: async ({ nodes }: ShardedScene) => (await nodes.masters())[index]!.stop(),
        end: ({ nodes }: ShardedScene) => nodes.heal(),
      },
    ]),
    over('a slot moves', async ({ nodes, slot }) => {
      const from = await nodes.ownerOf(slot);
      const to = (await nodes.masters()).find((server) => server !== from)!;
      await nodes.migrate(slot, from, to);
    }),
    over('everybody is cut off', ({ nodes }) => Promise.all(nodes.servers.map((server) => server.cutOff()))),
  ],
  ...inhabitants,
};

/** Whoever was killed or stopped goes on. */
async function revive(servers: readonly RedisServer[]): Promise<void> {
  for (const server of servers) {
    server.cont();
    await server.cli('PING').catch(() => server.restart());
  }
}
