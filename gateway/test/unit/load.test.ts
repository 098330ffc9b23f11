import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { LoadMeter, type LoadReadings, watchLoopLag } from '../../src/cluster/load.js';

const readings: LoadReadings = {
  ...{ tabs: 5, users: 3, frames: 100, deliveries: 1000, capacity: 50, state: 'ready' },
  closes: { lost: 2, idle: 0 },
};

test('rates are per second, over the time since the reading before', () => {
  const meter = new LoadMeter({ take: () => 1.5 });
  assert.deepEqual(meter.measure(readings, 7, 10_000), {
    ...{ tabs: 5, users: 3, framesPerSecond: 0, deliveriesPerSecond: 0 },
    ...{ lag: 1.5, memory: 7, capacity: 50, state: 'ready', closes: { lost: 2 } },
  });
  const later = meter.measure({ ...readings, frames: 110, deliveries: 2000, state: 'draining' }, 8, 12_000);
  assert.deepEqual(
    [later.framesPerSecond, later.deliveriesPerSecond, later.memory, later.state],
    [5, 500, 8, 'draining'],
  );
  assert.equal(meter.measure({ ...readings, frames: 111 }, 8, 12_500).framesPerSecond, 2);
});

test('two readings at one moment have no rate', () => {
  const meter = new LoadMeter({ take: () => 0 });
  meter.measure(readings, 0, 1);
  assert.equal(meter.measure({ ...readings, frames: 200 }, 0, 1).framesPerSecond, 0);
});

test('a capacity without limit survives JSON', () => {
  const load = new LoadMeter({ take: () => 0 }).measure({ ...readings, capacity: Infinity }, 0, 0);
  assert.deepEqual(JSON.parse(JSON.stringify(load)), load);
  assert.ok(load.capacity > 1e9);
});

test('the lag of the event loop is what it is late, and is told once', async () => {
  const loop = watchLoopLag();
  // The first look is where measuring begins, and the next one after the block tells of it.
  await pause(50);
  const end = performance.now() + 200;
  while (performance.now() < end);
  await pause(50);
  const lag = loop.take();
  assert.ok(lag > 100, `${lag}`);
  assert.equal(loop.take(), 0);
});
