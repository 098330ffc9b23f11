import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdempotencyConflict } from '../../src/broker/broker.js';
import { createMemoryBroker } from '../../src/broker/memory/broker.js';
import { MemoryBus } from '../../src/broker/memory/bus.js';
import { Recorder } from '../support/recorder.js';
import { brokerContract, idempotencyTtl } from './broker.contract.js';
import { plenty, readTexts } from './suite.js';

brokerContract('memory', async () => {
  const bus = new MemoryBus();
  return { create: () => createMemoryBroker({ idempotencyTtl, bus }), close: async () => {} };
});

test('a memory broker remembers a key for its time, by the clock it was given, and no longer', async () => {
  let now = 0;
  const bus = new MemoryBus(() => now);
  const broker = createMemoryBroker({ idempotencyTtl: 1000, bus });
  await broker.start(new Recorder());
  const publish = (text: string) =>
    broker.publish({ channel: 'a', bytes: Buffer.from(text), idempotencyKey: 'k' });
  await publish('first');
  now = 999;
  await assert.rejects(publish('second'), IdempotencyConflict);
  now = 1000;
  await publish('second');
  assert.equal(bus.results.size, 1);
});

test('a repetition is published anew where the channel has begun another epoch since', async () => {
  const day = 24 * 3600_000;
  let now = 1;
  const bus = new MemoryBus(() => now);
  const broker = createMemoryBroker({ idempotencyTtl: 3 * day, bus });
  await broker.start(new Recorder());
  const publish = (text: string) =>
    broker.publish({ channel: 'a', bytes: Buffer.from(text), idempotencyKey: 'k', keep: plenty });
  const first = await publish('x');
  now += day - 1;
  assert.deepEqual(await publish('x'), first);
  now += day + 1;
  const again = await publish('x');
  assert.notEqual(again.position, first.position);
  assert.deepEqual(await readTexts(broker, 'a'), { texts: ['x'], complete: true });
  assert.deepEqual(await publish('x'), again);
  await assert.rejects(publish('y'), IdempotencyConflict);
});

test('memory brokers without a common bus do not hear one another', async () => {
  const [a, b] = [createMemoryBroker({ idempotencyTtl }), createMemoryBroker({ idempotencyTtl })];
  await Promise.all([a.start(new Recorder()), b.start(new Recorder())]);
  await b.subscribe('all');
  assert.equal((await a.publish({ channel: 'all', bytes: Buffer.from('x') })).gateways, 0);
});
