import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lines } from '../../src/cli/progress.js';

test('Lines says each phase at once, and then how far it is every few seconds', () => {
  const lines: string[] = [];
  let now = 0;
  const display = new Lines(
    (line) => lines.push(line),
    () => now,
  );
  display.show({ phase: 'warm-up', done: 0.5, left: 1 });
  for (; now < 9000; now += 1000)
    display.show({ phase: 'window', done: now / 10_000, rate: 1234.4, p99: 1.5, left: 10 - now / 1000 });
  assert.deepEqual(lines, [
    'warm-up 50 %, 1 s left',
    'window 0 %, 1,234 per s, p99 1.50 ms, 10 s left',
    'window 50 %, 1,234 per s, p99 1.50 ms, 5 s left',
  ]);
});
