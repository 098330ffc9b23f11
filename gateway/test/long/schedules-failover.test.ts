import { describe, test } from 'node:test';
import { slotOf } from '../../src/broker/redis/cluster/hash-slot.js';
import { Names } from '../../src/broker/redis/names.js';
import { Cluster } from '../support/cluster.js';
import { connectionsAt } from '../support/failover.js';
import { type ShardedScene, sharded, type WatchedScene, watched } from '../support/failover-faults.js';
import { faultSeed, type Ordeal, undergo } from '../support/ordeal.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { Sentinels } from '../support/sentinels.js';
import { until } from '../support/until.js';

/** How long faults go on, in ms. */
const length = 4000;

const underSentinels: Ordeal<WatchedScene> = {
  places: watched,
  open: async (options) => {
    const sentinels = await Sentinels.start();
    return { sentinels, cluster: await Cluster.start({ ...options, REDIS_URL: sentinels.url }) };
  },
  calmed: async ({ sentinels }) => {
    await sentinels.calmed();
    const master = await sentinels.master();
    const others = sentinels.servers.filter((server) => server !== master);
    const isLeft = async () => (await Promise.all(others.map(connectionsAt))).flat().length === 0;
    await until('nobody to be left elsewhere', isLeft, 20_000);
  },
  close: async ({ cluster, sentinels }) => {
    await cluster.close();
    await sentinels.close();
  },
};

const onRedisCluster: Ordeal<ShardedScene> = {
  places: sharded,
  open: async (options) => {
    const nodes = await RedisCluster.start();
    const cluster = await Cluster.start({ ...options, REDIS_URL: nodes.url });
    return { nodes, cluster, slot: slotOf(new Names('tabcast').channel('group:red')) };
  },
  close: async ({ cluster, nodes }) => {
    await cluster.close();
    await nodes.close();
  },
};

describe('faults by chance where another Redis takes over', { timeout: 240_000 }, () => {
  const seed = faultSeed();
  test('leave nothing lost in silence, nothing twice, nothing out of order: under Sentinels', (t) =>
    undergo(t, underSentinels, seed, length));
  test('leave nothing lost in silence, nothing twice, nothing out of order: on a Redis Cluster', (t) =>
    undergo(t, onRedisCluster, seed, length));
});
