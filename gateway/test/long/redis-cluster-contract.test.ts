import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Broker } from '../../src/broker/broker.js';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import type { RedisBrokerOptions } from '../../src/broker/redis/options.js';
import { createRedisRegistry } from '../../src/broker/redis/registry.js';
import type { Registry } from '../../src/broker/registry.js';
import { brokerContract, idempotencyTtl } from '../contract/broker.contract.js';
import { registryContract } from '../contract/registry.contract.js';
import { CapturedLog } from '../support/captured-log.js';
import { Recorder } from '../support/recorder.js';
import { startRedis } from '../support/redis.js';
import { RedisCluster } from '../support/redis-cluster.js';

const { log } = new CapturedLog();

function optionsFor(url: string, gateway: string, prefix = 'test'): RedisBrokerOptions {
  return { ...{ url, gateway, prefix, log }, ...{ timeout: 2000, probeInterval: 1000, idempotencyTtl } };
}

describe('Redis Cluster', () => {
  let cluster: RedisCluster;
  before(async () => {
    cluster = await RedisCluster.start();
  });
  after(() => cluster.close());
  const close = async () => {};

  brokerContract('Redis Cluster', async () => ({
    create: (gateway) => createRedisBroker(optionsFor(cluster.url, gateway)),
    close,
  }));

  registryContract('Redis Cluster', async () => ({
    create: (gateway, lifetime) => ({
      registry: createRedisRegistry(optionsFor(cluster.url, gateway), lifetime),
      broker: createRedisBroker(optionsFor(cluster.url, gateway)),
    }),
    close,
  }));

  describe('with no other permissions than we ask for', () => {
    const login = 'tabcast:secret@';
    before(async () => {
      await cluster.everywhere('ACL', 'SETUSER', 'tabcast', 'on', '>secret');
      const refusal = await refusalOf(
        createRedisRegistry(optionsFor(cluster.urlFor(login), 'refused', 'narrow')),
      );
      const [line] = /ACL SETUSER .*$/.exec(refusal) ?? assert.fail(`no ACL line in: ${refusal}`);
      const [command, ...args] = line.split(' ') as [string, ...string[]];
      await cluster.everywhere(command, ...args);
    });

    brokerContract('Redis Cluster', async () => ({
      create: (gateway) => createRedisBroker(optionsFor(cluster.urlFor(login), gateway, 'narrow')),
      close,
    }));
  });

  test('who takes a node of a cluster for a Redis, or the other way round, is told at the start', async () => {
    const node = `redis://127.0.0.1:${cluster.servers[0]!.port}`;
    const wrong = Array.from({ length: 8 }, (_, i) =>
      refusalOf(createRedisBroker(optionsFor(node, `g${i}`))),
    );
    // In the slots of this very node a probe works.
    assert.match(await Promise.any(wrong), /^Redis is a node of a cluster/);
    const single = await startRedis();
    const url = `redis+cluster://127.0.0.1:${single.port}`;
    assert.match(await refusalOf(createRedisBroker(optionsFor(url, 'g'))), /^Redis is no cluster/);
    await single.close();
  });
});

/** The sentence of a start that failed. */
async function refusalOf(part: Broker | Registry): Promise<string> {
  try {
    await part.start(new Recorder());
  } catch (error) {
    return (error as Error).message;
  }
  await part.close();
  return assert.fail('it started');
}
