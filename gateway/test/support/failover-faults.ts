import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { type Fault, type Inhabited, inhabitants, over, type Places } from './faults.js';
import type { RedisServer } from './redis.js';
import type { RedisCluster } from './redis-cluster.js';
import { follow, type Sentinels } from './sentinels.js';

/** For how long a replica does not get what its master gets, in ms. */
const apart = 300;

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

/** What happens where Sentinels watch over one Redis and its replica. What was killed or hung is back before the next fault. */
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
    over('is killed until another one has its place', async ({ sentinels }) => {
      await sentinels.calmed();
      await replace(sentinels, await sentinels.master());
    }),
    over('is killed until one has its place that lacks the last of it', async ({ sentinels }) => {
      await sentinels.calmed();
      const master = await sentinels.master();
      for (const server of sentinels.servers) if (server !== master) await follow(server, 1);
      await pause(apart);
      await replace(sentinels, master);
    }),
    over('cuts off everybody', async ({ sentinels }) => (await sentinels.master()).cutOff()),
  ],
  ...inhabitants,
};

/** What happens to a Redis Cluster. */
export const sharded: Places<ShardedScene> = {
  nodes: [
    ...[0, 1, 2].flatMap((index): Fault<ShardedScene>[] => [
      over(`master ${index} is killed until another one has its place`, async ({ nodes }) =>
        replaceNode(nodes, (await nodes.masters())[index]!),
      ),
      over(
        `master ${index} is killed until one has its place that lacks the last of it`,
        async ({ nodes }) => {
          const master = (await nodes.masters())[index]!;
          const replica = await nodes.detachReplica(master);
          await pause(apart);
          await replaceNode(nodes, master, replica);
        },
      ),
      {
        ...{ name: `master ${index} hangs`, longest: 3000 },
        begin: async ({ nodes }) => (await nodes.masters())[index]!.stop(),
        end: ({ nodes }) => nodes.heal(),
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

/** Kills the master, and brings it back when another one is. The Sentinels have to know by then that the other is fit for it. */
async function replace(sentinels: Sentinels, master: RedisServer): Promise<void> {
  await master.kill();
  await sentinels.failedOver(master);
  await revive(sentinels.servers);
}

/** The same on a Redis Cluster. @param replica is let go on then */
async function replaceNode(nodes: RedisCluster, master: RedisServer, replica?: RedisServer): Promise<void> {
  await master.kill();
  replica?.cont();
  await nodes.failedOver(master);
  await nodes.heal();
}

/** Whoever was killed or stopped goes on. */
async function revive(servers: readonly RedisServer[]): Promise<void> {
  for (const server of servers) {
    server.cont();
    await server.cli('PING').catch(() => server.restart());
  }
}
