import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { freePort } from '../support/free-port.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { Bench } from './redis-bench.js';

/** Whether operators are told that Redis may throw away what is kept. */
describe('a Redis that may evict', { timeout: 30_000 }, () => {
  const bench = new Bench();
  let cluster: RedisServer | undefined;
  after(() => cluster?.close());
  beforeEach(async () => {
    await bench.redis.config('maxmemory', '0');
    await bench.redis.config('maxmemory-policy', 'noeviction');
  });

  const warnings = () =>
    bench.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('Redis may evict'));

  async function expectWarnings(count: number, redis: RedisServer, policy: string): Promise<void> {
    await until('the warning', () => warnings().length >= count);
    assert.equal(warnings().length, count);
    for (const warning of warnings()) {
      assert.equal(warning.level, 40);
      assert.equal(warning.redis, `127.0.0.1:${redis.port}`);
      assert.equal(warning.policy, policy);
      assert.match(warning.msg, /maxmemory-policy noeviction$/);
    }
  }

  test('is told of at the start, and again when it was connected to anew', async () => {
    await bench.redis.config('maxmemory', '1gb');
    await bench.redis.config('maxmemory-policy', 'volatile-lru');
    await bench.open();
    await expectWarnings(1, bench.redis, 'volatile-lru');
    const { command } = await bench.connections();
    await bench.redis.cli('CLIENT', 'KILL', 'ID', command!);
    await expectWarnings(2, bench.redis, 'volatile-lru');
  });

  test('is told of when its policy is changed under a gateway that runs, once', async () => {
    await bench.redis.config('maxmemory', '1gb');
    const { heard } = await bench.open();
    await until('a probe', () => heard.roundTrips.length > 0);
    assert.deepEqual(warnings(), []);
    await bench.redis.config('maxmemory-policy', 'allkeys-lfu');
    await expectWarnings(1, bench.redis, 'allkeys-lfu');
    const probes = heard.roundTrips.length;
    await until('more probes', () => heard.roundTrips.length > probes + 2);
    await expectWarnings(1, bench.redis, 'allkeys-lfu');
  });

  for (const [limit, policy] of [
    ['1gb', 'noeviction'],
    ['0', 'allkeys-lru'],
  ] as const)
    test(`is none with maxmemory ${limit} and ${policy}`, async () => {
      await bench.redis.config('maxmemory', limit);
      await bench.redis.config('maxmemory-policy', policy);
      const { heard } = await bench.open();
      // Redis answers in the order of the questions.
      await until('a probe after the question', () => heard.roundTrips.length > 1);
      assert.deepEqual(warnings(), []);
    });

  test('is told of where it is the master of a cluster', async () => {
    const policy = { maxmemory: '1gb', 'maxmemory-policy': 'allkeys-random' };
    const bus = { 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) };
    cluster = await startRedis({ ...policy, ...bus });
    await cluster.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await bench.open({ url: `redis+cluster://127.0.0.1:${cluster.port}` });
    await expectWarnings(1, cluster, 'allkeys-random');
  });
});
