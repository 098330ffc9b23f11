import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryChanges } from '../../src/scenarios/soak.js';

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
