import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryChanges, memoryProblems } from '../../src/scenarios/soak.js';

test('memoryChanges compares the last tenth of the window with the first, and leaves the warm-up out', () => {
  const at = Array.from({ length: 50 }, (_, second) => second + 1);
  const values = at.map((second) => (second <= 10 ? 10 : second <= 14 ? 100 : second <= 46 ? 300 : 110));
  const series = [{ name: 'gateway 1 memory', unit: 'MB', at, values }];
  const processes = [
    { name: 'gateway 1', role: 'gateway', cpuMicros: 0, residentBytes: 0, cpuPercent: 0, cpuPerDelivery: 0 },
  ] as const;
  const [change] = memoryChanges({ processes, series }, 10);
  assert.equal(Math.round(change!.value), 10);
});

test('memoryProblems names a gateway whose memory is not flat, and says when nobody knows', () => {
  const change = (value: number, role: 'gateway' | 'redis' = 'gateway') => ({ name: role, role, value });
  assert.deepEqual(memoryProblems([change(4.9), change(50, 'redis')]), []);
  assert.match(
    memoryProblems([change(4), change(-6)]).join(),
    /^The memory of gateway has changed by -6.0 %/,
  );
  for (const nothing of [[], [change(Number.NaN)]])
    assert.match(memoryProblems(nothing).join(), /^Nothing tells the memory of the gateways/);
});
