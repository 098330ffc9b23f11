import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import { createRedisRegistry } from '../../src/broker/redis/registry.js';
import { brokerContract } from '../contract/broker.contract.js';
import {
  brokersAt,
  grantWhatIsAskedFor,
  login,
  optionsFor,
  refusalOf,
  registriesAt,
} from '../contract/redis-carrier.js';
import { registryContract } from '../contract/registry.contract.js';
import { startRedis } from '../support/redis.js';
import { RedisCluster } from '../support/redis-cluster.js';

describe('Redis Cluster', () => {
  let cluster: RedisCluster;
  before(async () => {
    cluster = await RedisCluster.start();
  });
  after(() => cluster.close());

  brokerContract('Redis Cluster', async () => brokersAt(cluster.url));
  registryContract('Redis Cluster', async () => registriesAt(cluster.url));

  describe('with no other permissions than we ask for', () => {
    const prefix = 'narrow';
    before(async () => {
      const refused = optionsFor(cluster.urlFor(login), { gateway: 'refused', prefix });
      await grantWhatIsAskedFor(createRedisRegistry(refused), (...command) => cluster.everywhere(...command));
    });

    brokerContract('Redis Cluster', async () => brokersAt(cluster.urlFor(login), prefix));
  });

  test('who takes a node of a cluster for a Redis, or the other way round, is told at the start', async () => {
    const node = `redis://127.0.0.1:${cluster.servers[0]!.port}`;
    const wrong = Array.from({ length: 8 }, (_, i) =>
      refusalOf(createRedisBroker(optionsFor(node, { gateway: `g${i}` }))),
    );
    // In the slots of this very node a probe works.
    assert.match(await Promise.any(wrong), /^Redis is a node of a cluster/);
    const single = await startRedis();
    const url = `redis+cluster://127.0.0.1:${single.port}`;
    assert.match(await refusalOf(createRedisBroker(optionsFor(url))), /^Redis is no cluster/);
    await single.close();
  });
});
