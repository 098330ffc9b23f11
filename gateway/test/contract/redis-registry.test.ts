import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import { createRedisRegistry } from '../../src/broker/redis/registry.js';
import type { Lease, Registry } from '../../src/broker/registry.js';
import { CapturedLog } from '../support/captured-log.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { grantWhatIsAskedFor, login, optionsFor, refusalOf, registriesAt } from './redis-carrier.js';
import { registryContract } from './registry.contract.js';

const captured = new CapturedLog();

registryContract('Redis', async () => {
  const redis = await startRedis();
  return { ...registriesAt(redis.url), close: () => redis.close() };
});

registryContract('Redis, with no other permissions than we ask for', async () => {
  const redis = await startRedis();
  const url = `redis://${login}127.0.0.1:${redis.port}`;
  await grantWhatIsAskedFor(createRedisRegistry(optionsFor(url)), (...command) => redis.cli(...command));
  return { ...registriesAt(url), close: () => redis.close() };
});

const lease: Lease = {
  ...{ gateway: 'g1', version: '1', started: 0, tabs: 0, users: 0, framesPerSecond: 0 },
  ...{ deliveriesPerSecond: 0, lag: 0, memory: 0, capacity: 1, state: 'ready' },
};

describe('a registry in Redis', { timeout: 30_000 }, () => {
  let redis: RedisServer;
  let registry: Registry;
  const opened: Registry[] = [];

  function create(gateway: string, url = redis.url): Registry {
    const created = createRedisRegistry(optionsFor(url, { gateway, log: captured.log }));
    opened.push(created);
    return created;
  }

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());
  beforeEach(async () => {
    await redis.cli('ACL', 'SETUSER', 'fickle', 'on', '>secret', '+@all', '~*', '&*');
    registry = create('g1', `redis://fickle:secret@127.0.0.1:${redis.port}`);
    await registry.start();
  });
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

  test('a start leaves nothing behind', async () => {
    await redis.cli('FLUSHALL');
    await create('g2').start();
    assert.deepEqual(await redis.cli('KEYS', '*'), []);
  });

  for (const permission of ['time', 'hset', 'hgetall', 'hdel', 'zadd', 'zrange', 'zrem', 'zremrangebyscore'])
    test(`a start without the permission for ${permission} fails, and says what to grant`, () =>
      expectRefusal(permission));
  for (const permission of ['sadd', 'srem', 'smembers', 'pexpire', 'pexpireat', 'pubsub|numsub'])
    test(`a start without the permission for ${permission} fails, and says what to grant`, () =>
      expectRefusal(permission));

  async function expectRefusal(permission: string): Promise<void> {
    await redis.cli('ACL', 'SETUSER', 'lesser', 'on', '>secret', '+@all', `-${permission}`, '~*', '&*');
    const url = `redis://lesser:secret@127.0.0.1:${redis.port}`;
    const refusal = await refusalOf(createRedisRegistry(optionsFor(url)));
    assert.match(refusal, /user "lesser" lacks a permission.*ACL SETUSER lesser/);
    assert.ok(refusal.includes(` +${permission}`), refusal);
  }

  test('what Redis has lost shows as another version, and a lost lease is written again', async () => {
    await registry.revoke({ tokenId: 'x', until: Date.now() + 60_000 });
    const { revocations } = await registry.beat(lease);
    await redis.cli('FLUSHALL');
    const emptied = await registry.beat(lease);
    assert.notEqual(emptied.revocations, revocations);
    assert.deepEqual(
      emptied.roster.map(({ gateway }) => gateway),
      ['g1'],
    );
    await registry.revoke({ tokenId: 'x', until: Date.now() + 60_000 });
    assert.notEqual((await registry.beat(lease)).revocations, revocations);
  });

  test('scripts that Redis has forgotten are sent again', async () => {
    await redis.cli('SCRIPT', 'FLUSH');
    await registry.beat(lease);
    assert.equal(await registry.wentOffline('x'), false);
  });

  test('a full Redis still keeps leases and revocations, and lets a gateway start', async () => {
    await redis.config('maxmemory', '1');
    try {
      await registry.beat(lease);
      await registry.revoke({ tokenId: 'full', until: Date.now() + 60_000 });
      assert.ok((await registry.revocations()).some((one) => 'tokenId' in one && one.tokenId === 'full'));
      await assert.rejects(registry.putMember('full', 'g', 1000), BrokerUnavailable);
      await create('g2').start();
    } finally {
      await redis.config('maxmemory', '0');
    }
  });

  test('a key of another type is refused for itself alone', async () => {
    const leases = 'test:{registry}:leases';
    await redis.cli('DEL', leases);
    await redis.cli('SET', leases, 'x');
    await assert.rejects(registry.depart('g1'), BrokerUnavailable);
    assert.ok(captured.lines.some((line) => line.includes(`one of ${leases} is not what it should be`)));
    await assert.rejects(registry.beat(lease), BrokerUnavailable);
    assert.deepEqual(await registry.groupsOf('x'), []);
    await redis.cli('DEL', leases);
    await registry.beat(lease);
  });

  test('a lease that nobody can read runs out, and keeps no gateway from beating', async () => {
    await redis.cli('HSET', 'test:{registry}:leases', 'strange', 'x');
    const { roster, lapsed } = await registry.beat(lease);
    assert.deepEqual([roster.map(({ gateway }) => gateway), lapsed], [['g1'], ['strange']]);
    assert.deepEqual((await registry.beat(lease)).lapsed, []);
  });

  test('a revocation that nobody can read hides no other', async () => {
    const until = Date.now() + 60_000;
    await redis.cli('ZADD', 'test:{registry}:revocations', String(until), 'not JSON');
    await registry.revoke({ tokenId: 'readable', until });
    assert.deepEqual((await registry.revocations()).at(-1), { tokenId: 'readable', until });
  });

  test('a permission taken away later is logged with its remedy, and is no end', async () => {
    await redis.cli('ACL', 'SETUSER', 'fickle', '-zadd');
    await assert.rejects(registry.putMember('x', 'g', 1000), BrokerUnavailable);
    assert.ok(captured.lines.some((line) => line.includes('ACL SETUSER fickle ')));
    await redis.cli('ACL', 'SETUSER', 'fickle', '+zadd');
    await registry.putMember('x', 'g', 1000);
  });

  test('while Redis is away it is unavailable, and it comes back by itself', async () => {
    await redis.kill();
    await until('the loss', () =>
      registry.groupsOf('x').then(
        () => false,
        () => true,
      ),
    );
    await assert.rejects(registry.groupsOf('x'), BrokerUnavailable);
    await redis.restart();
    await redis.cli('ACL', 'SETUSER', 'fickle', 'on', '>secret', '+@all', '~*', '&*');
    assert.deepEqual(await until('its return', () => registry.groupsOf('x')), []);
  });

  test('a start waits for a Redis that is not there yet; close ends the wait', async () => {
    await redis.kill();
    const started = create('g2').start();
    const given = create('g3');
    const rejected = assert.rejects(given.start(), BrokerUnavailable);
    await given.close();
    await rejected;
    await redis.restart();
    await started;
  });

  test('every key but those of users online ends by itself', async () => {
    await redis.cli('FLUSHALL');
    await registry.beat(lease);
    await registry.revoke({ tokenId: 'x', until: Date.now() + 60_000 });
    await registry.putMember('x', 'g', 1000);
    const keys = (await redis.cli('KEYS', '*')) as string[];
    assert.equal(keys.length, 3);
    for (const key of keys) assert.notEqual(await redis.cli('PTTL', key), -1, key);
    await registry.cameOnline('x');
    assert.equal(await registry.wentOffline('x'), true);
    assert.equal(((await redis.cli('KEYS', '*')) as string[]).length, 3);
  });
});
