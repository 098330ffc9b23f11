import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costsBetween, type Sample } from '../../src/scenarios/samples.js';

/** A sample at which gateways had used so much, µs. */
const sample = (at: number, received: number, used: Readonly<Record<string, number>>): Sample => ({
  ...{ at, received, p99: 1, behind: 0 },
  usage: Object.entries(used).map(([name, cpuMicros]) => ({
    ...{ name, cpuMicros },
    role: 'gateway',
    residentBytes: 1,
  })),
});

test('what a process has used is only told when it was the same one all the time', () => {
  const costs = costsBetween(
    sample(0, 0, { steady: 1000, restarted: 5000, gone: 7 }),
    sample(10, 100, { steady: 3000, restarted: 40, fresh: 9 }),
  );
  assert.deepEqual(
    costs.map(({ name, cpuMicros, cpuPerDelivery }) => [name, cpuMicros, cpuPerDelivery]),
    [
      ['steady', 2000, 20],
      ['restarted', Number.NaN, Number.NaN],
      ['fresh', Number.NaN, Number.NaN],
      ['gone', Number.NaN, Number.NaN],
    ],
  );
});
