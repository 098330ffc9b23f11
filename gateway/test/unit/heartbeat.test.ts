import assert from 'node:assert/strict';
import { type Mock, mock, test } from 'node:test';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import { MemoryBus } from '../../src/broker/memory/bus.js';
import { createMemoryRegistry } from '../../src/broker/memory/registry.js';
import { type Beat, type Lease, leaseTime, type Registry } from '../../src/broker/registry.js';
import { Heartbeat } from '../../src/cluster/heartbeat.js';
import { Counters } from '../../src/metrics/counters.js';
import { CapturedLog } from '../support/captured-log.js';

function leaseOf(gateway: string): Lease {
  return {
    ...{ gateway, version: '1', started: 0, tabs: 1, users: 1, framesPerSecond: 0 },
    ...{ deliveriesPerSecond: 0, lag: 0, memory: 0, capacity: 10, state: 'ready' },
  };
}

/** A heartbeat whose registry, clock and broker are in the hands of the test. */
async function bench(gateway = 'g1') {
  const clock = { now: 0 };
  const registry: Registry = createMemoryRegistry(new MemoryBus(() => clock.now));
  await registry.start();
  const world = { clock, registry, brokerLive: true };
  const { log, lines } = new CapturedLog();
  const counters = new Counters();
  const heartbeat = new Heartbeat({
    ...{ registry, gateway, log, counters, now: () => clock.now },
    lease: () => leaseOf(gateway),
    brokerLive: () => world.brokerLive,
  });
  return { ...world, world, heartbeat, counters, lines };
}

/** From now on a method waits, or fails, as the test says. */
function replace(registry: Registry, act: () => Promise<Beat>): Mock<Registry['beat']> {
  return mock.method(registry, 'beat', act);
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

const unavailable = () => Promise.reject(new BrokerUnavailable('away'));

test('a beat puts this gateway on the roster, with the age that it has by now', async () => {
  const { heartbeat, clock, registry, counters } = await bench();
  assert.deepEqual(heartbeat.roster, []);
  await registry.beat(leaseOf('g0'));
  clock.now = 1500;
  await heartbeat.beat();
  clock.now = 2000;
  assert.deepEqual(
    heartbeat.roster.map(({ gateway, age }) => [gateway, age]),
    [
      ['g0', 2000],
      ['g1', 500],
    ],
  );
  assert.deepEqual(counters.beats, { succeeded: 1, failed: 0 });
});

test('beats never overlap', async () => {
  const { heartbeat, registry } = await bench();
  const { promise, resolve } = deferred<Beat>();
  const beat = replace(registry, () => promise);
  const first = heartbeat.beat();
  await heartbeat.beat();
  assert.equal(beat.mock.callCount(), 1);
  resolve({ roster: [], lapsed: [], revocations: '' });
  await first;
  await heartbeat.beat();
  assert.equal(beat.mock.callCount(), 2);
});

test('degraded when no beat has succeeded for the time of a lease, and no more when one does', async () => {
  const { heartbeat, clock, registry, counters, lines } = await bench();
  await heartbeat.beat();
  const failing = replace(registry, unavailable);
  clock.now = leaseTime - 1;
  await heartbeat.beat();
  assert.equal(heartbeat.degraded, false);
  clock.now = leaseTime;
  assert.equal(heartbeat.degraded, true);
  await heartbeat.beat();
  await heartbeat.beat();
  assert.deepEqual(
    heartbeat.roster.map(({ gateway }) => gateway),
    ['g1'],
    'the last known',
  );
  failing.mock.restore();
  await heartbeat.beat();
  await heartbeat.beat();
  assert.equal(heartbeat.degraded, false);
  assert.deepEqual(counters.beats, { succeeded: 3, failed: 3 });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ level, msg }) => [level, msg]),
    [
      [40, 'degraded: cut off from the other gateways; tabs stay'],
      [30, 'no longer degraded'],
    ],
  );
});

test('degraded at once while the broker does not carry', async () => {
  const { heartbeat, world } = await bench();
  await heartbeat.beat();
  world.brokerLive = false;
  assert.equal(heartbeat.degraded, true);
  world.brokerLive = true;
  assert.equal(heartbeat.degraded, false);
});

test('listeners hear of every beat that succeeded, and of who has lapsed', async () => {
  const { heartbeat, clock, registry, lines } = await bench();
  const heard: Beat[] = [];
  heartbeat.onBeat((beat) => void heard.push(beat));
  await registry.beat(leaseOf('dead'));
  await heartbeat.beat();
  clock.now = leaseTime;
  await heartbeat.beat();
  replace(registry, unavailable);
  await heartbeat.beat();
  assert.deepEqual(
    heard.map(({ roster, lapsed }) => [roster.length, lapsed]),
    [
      [2, []],
      [1, ['dead']],
    ],
  );
  assert.match(lines.join(), /dead.*gateways are no longer heard of/);
});

test('a listener that fails or is slow keeps the beat from nobody', async () => {
  const { heartbeat, lines } = await bench();
  let heard = 0;
  heartbeat.onBeat(() => {
    throw new Error('broken listener');
  });
  heartbeat.onBeat(() => new Promise(() => {}));
  heartbeat.onBeat(() => void heard++);
  void heartbeat.beat();
  await new Promise(setImmediate);
  void heartbeat.beat();
  await new Promise(setImmediate);
  assert.equal(heard, 2);
  assert.match(lines.join(), /broken listener/);
});

test('stop takes the lease back, after the beat that is under way', async () => {
  const { heartbeat, registry } = await bench();
  await heartbeat.start();
  const { promise, resolve } = deferred<void>();
  const beat = registry.beat.bind(registry);
  const slow = replace(registry, async () => {
    await promise;
    return beat(leaseOf('g1'));
  });
  void heartbeat.beat();
  const stopped = heartbeat.stop();
  resolve();
  await stopped;
  slow.mock.restore();
  const { roster, lapsed } = await registry.beat(leaseOf('g2'));
  assert.deepEqual([roster.map(({ gateway }) => gateway), lapsed], [['g2'], []]);
});

test('a stop while the registry is away ends all the same', async () => {
  const { heartbeat, registry } = await bench();
  await registry.close();
  await heartbeat.start();
  await heartbeat.stop();
  assert.deepEqual(heartbeat.roster, []);
});
