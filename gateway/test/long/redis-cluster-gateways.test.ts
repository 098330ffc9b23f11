import { after, afterEach, before, describe, test } from 'node:test';
import { Cluster } from '../support/cluster.js';
import { keepEvidence } from '../support/evidence.js';
import { RedisCluster } from '../support/redis-cluster.js';

describe('gateways on a Redis Cluster', { timeout: 60_000 }, () => {
  let redis: RedisCluster;
  let cluster: Cluster;
  before(async () => {
    redis = await RedisCluster.start();
    cluster = await Cluster.start({ REDIS_URL: redis.url });
  });
  afterEach((t) => keepEvidence(t, cluster));
  after(async () => {
    await cluster.close();
    await redis.close();
  });

  test('each master in turn is killed and comes back: everything arrives once and in order', async () => {
    for (const master of redis.servers.slice(0, 3)) {
      await cluster.traffic.expose(async () => {
        await cluster.settled();
        await master.kill();
        await redis.failedOver(master);
        await cluster.flowing();
      });
      await master.restart();
      await redis.complete();
    }
    cluster.expectConnected();
    await cluster.expectExact();
    cluster.expectHealthy();
  });
});
