import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import { until } from '../support/until.js';
import { Bench, become, expectDelivery } from './redis-bench.js';
import { publish, publishKept } from './suite.js';

const bench = new Bench();

describe('Redis changes its mind', { timeout: 30_000 }, () => {
  test('a script that Redis has forgotten is sent again', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    await publish(broker, 'a', '1', 'flush-1');
    await bench.redis.cli('SCRIPT', 'FLUSH');
    await Promise.all([2, 3, 4].map((i) => publish(broker, 'a', `${i}`, `flush-${i}`)));
    await until('all', () => heard.in('a').length === 4);
    assert.deepEqual(heard.in('a').toSorted(), ['1', '2', '3', '4']);
    assert.deepEqual(heard.states, ['live']);
  });

  test('a connection whose database was refused is made again, and nothing goes to another one', async () => {
    const url = `${bench.redis.url}/3`;
    const { broker: other } = await bench.open({ url, gateway: 'g2' });
    const first = await publishKept(other, 'selected', 'x');
    await bench.redis.config('busy-reply-threshold', '50');
    const [operator, looping] = [new Redis(bench.redis.url), new Redis(bench.redis.url)];
    await Promise.all([operator.ping(), looping.ping()]);
    const loop = assert.rejects(looping.eval('while true do end', 0));
    const busy = () =>
      operator.ping().then(
        () => false,
        () => true,
      );
    await until('Redis to be busy', busy);
    const opened = bench.open({ url });
    await bench.logged('BUSY');
    await operator.script('KILL');
    await loop;
    for (const redis of [operator, looping]) redis.disconnect();
    const { broker } = await opened;
    const { entries } = await broker.read({ channel: 'selected', limit: 10 });
    assert.deepEqual(
      entries.map(({ position }) => position),
      [first],
    );
    assert.doesNotMatch(String(await bench.redis.cli('CLIENT', 'LIST')), /name=test:g1\S* .*db=0/);
  });

  test('a permission that is taken away and given back', async () => {
    const { broker, heard } = await bench.openAs('fickle');
    await broker.subscribe('a');
    await bench.redis.cli('ACL', 'SETUSER', 'fickle', '-subscribe');
    const refused = broker.subscribe('b');
    await become(broker, 'down');
    await bench.logged('ACL SETUSER fickle ~test:* &test:* +subscribe');
    await bench.redis.cli('ACL', 'SETUSER', 'fickle', '+subscribe', '-eval', '-evalsha');
    await refused;
    await become(broker, 'down');
    await bench.redis.cli('ACL', 'SETUSER', 'fickle', '+@all');
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'b');
    assert.doesNotMatch(bench.lines.join(''), /secret/);
  });

  test('a refused channel that nobody wants any more keeps nobody down', async () => {
    const { broker } = await bench.openAs('modest');
    await bench.redis.cli('ACL', 'SETUSER', 'modest', '-subscribe');
    broker.subscribe('a').catch(() => {});
    await become(broker, 'down');
    broker.unsubscribe('a');
    await become(broker, 'live');
  });

  test('a refused UNSUBSCRIBE holds up nothing', async () => {
    const { broker, heard } = await bench.openAs('clinging');
    await broker.subscribe('a');
    await bench.redis.cli('ACL', 'SETUSER', 'clinging', '-unsubscribe');
    broker.unsubscribe('a');
    await bench.logged('lacks a permission');
    await broker.subscribe('a');
    const probes = heard.roundTrips.length;
    await until('the next attempt to be over', () => heard.roundTrips.length > probes + 1);
    await broker.subscribe('b');
    await expectDelivery(broker, heard, 'a');
    await expectDelivery(broker, heard, 'b');
    assert.deepEqual(heard.states, ['live']);
  });

  test('a publication that Redis refuses does not use up its key', async () => {
    const { broker } = await bench.openAs('narrow');
    await bench.redis.cli('ACL', 'SETUSER', 'narrow', 'resetchannels', '&*:probe:*');
    await assert.rejects(publish(broker, 'a', 'x', 'refused'), BrokerUnavailable);
    assert.equal(broker.state, 'live');
    await bench.redis.cli('ACL', 'SETUSER', 'narrow', '&*');
    await broker.subscribe('a');
    assert.equal((await publish(broker, 'a', 'x', 'refused')).gateways, 1);
  });

  test('a full Redis refuses what it could not remember, and carries the rest', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    await bench.redis.config('maxmemory', '1');
    try {
      const refused = publish(broker, 'a', 'keyed', 'full');
      await assert.rejects(
        refused,
        (error) => error instanceof BrokerUnavailable && /^Error: OOM/.test(`${error.cause}`),
      );
      const probes = heard.roundTrips.length;
      await until('another probe', () => heard.roundTrips.length > probes);
      await publish(broker, 'a', 'plain');
      await until('the plain one', () => heard.in('a').length === 1);
      assert.deepEqual(heard.in('a'), ['plain']);
      assert.deepEqual(heard.states, ['live']);
    } finally {
      await bench.redis.config('maxmemory', '0');
    }
    await publish(broker, 'a', 'keyed', 'full');
  });

  test('a master that was made a replica is not used until it is a master again', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    const { command } = await bench.connections();
    await bench.redis.cli('REPLICAOF', '127.0.0.1', '1');
    await become(broker, 'down');
    await until('a look for another one', async () => (await bench.connections())['command'] !== command);
    await assert.rejects(publish(broker, 'a', 'x'), BrokerUnavailable);
    await bench.redis.cli('REPLICAOF', 'NO', 'ONE');
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'a');
  });

  test('a Redis that is loading its data is waited for', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    const fields = Array.from({ length: 300 }, (_, i) => [`field ${i}`, 'x']).flat();
    await bench.redis.cli('MSET', ...fields);
    await bench.redis.cli('SAVE');
    await bench.redis.kill();
    const loaded = bench.redis.restart({
      'key-load-delay': '3000',
      'loading-process-events-interval-bytes': '1024',
    });
    await bench.logged('LOADING');
    await assert.rejects(publish(broker, 'a', 'x'), BrokerUnavailable);
    assert.equal(broker.state, 'down');
    await loaded;
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'a');
    await bench.redis.cli('FLUSHALL');
  });

  test('a stored result of another type is refused, for its key alone', async () => {
    const { broker } = await bench.open();
    await publish(broker, 'a', 'x', 'wrong-type');
    const [name] = (await bench.redis.cli('KEYS', '*wrong-type')) as string[];
    await bench.redis.cli('DEL', name!);
    await bench.redis.cli('RPUSH', name!, 'x');
    await assert.rejects(publish(broker, 'a', 'x', 'wrong-type'), BrokerUnavailable);
    await publish(broker, 'a', 'x', 'right-type');
    await bench.redis.cli('DEL', name!);
  });
});

test('every key in Redis ends by itself', async () => {
  const { broker, heard } = await bench.open();
  await publish(broker, 'a', 'x', 'ends');
  await publishKept(broker, 'kept', 'x');
  await broker.read({ channel: 'asked', limit: 1 });
  await until('a probe', () => heard.roundTrips.length > 0);
  const keys = (await bench.redis.cli('KEYS', '*')) as string[];
  assert.ok(keys.length > 4);
  for (const key of keys) assert.notEqual(await bench.redis.cli('PTTL', key), -1, key);
});

test('round trips are told, in seconds', async () => {
  const began = performance.now();
  const { heard } = await bench.open();
  await until('two of them', () => heard.roundTrips.length >= 2);
  const longest = (performance.now() - began) / 1000;
  for (const seconds of heard.roundTrips) assert.ok(seconds > 0 && seconds < longest, `${seconds}`);
});

describe('a process that has closed its broker ends by itself', { timeout: 20_000 }, () => {
  const broker = new URL('../../src/broker/redis/broker.js', import.meta.url);

  async function run(port: number, life: string): Promise<void> {
    const program = `
      import { createRedisBroker } from '${broker}';
      const log = { info() {}, warn() {} };
      const broker = createRedisBroker({ url: 'redis://127.0.0.1:${port}', prefix: 'test', gateway: 'child',
        timeout: 60_000, probeInterval: 60_000, idempotencyTtl: 60_000, log });
      const started = broker.start({ received() {}, stateChanged() {}, roundTrip() {} });
      ${life}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }

  test('after a full life', () =>
    run(
      bench.redis.port,
      `await started;
      await Promise.all([broker.subscribe('a'), broker.subscribe('b')]);
      await broker.publish({ channel: 'a', bytes: Buffer.from('x'), idempotencyKey: 'k' });
      broker.unsubscribe('a');
      broker.subscribe('c').catch(() => {});
      await broker.close();`,
    ));

  test('while Redis cannot be reached', () =>
    run(
      1,
      `setTimeout(() => broker.close(), 300);
      await started.catch(() => {});`,
    ));
});
