import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Latencies } from '../../src/books/latency.js';

/** These, ms. */
function latencies(...values: number[]): Latencies {
  const all = new Latencies();
  for (const value of values) all.record(value);
  return all;
}

/** Within the three digits that are kept. */
function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected / 1000, `expected ${expected}, got ${actual}`);
}

describe('Latencies', () => {
  test('knows its percentiles', () => {
    const { p50, p90, p99, max } = latencies(...Array.from({ length: 100 }, (_, i) => i + 1)).percentiles();
    assertNear(p50, 50);
    assertNear(p90, 90);
    assertNear(p99, 99);
    assertNear(max, 100);
  });

  test('has none where nothing was recorded', () => {
    assert.equal(latencies().percentile(50), Number.NaN);
    const cleared = latencies(1);
    cleared.clear();
    assert.equal(cleared.percentile(50), Number.NaN);
  });

  test('takes what seems to come before it was due as 0, and what is beyond a minute as a minute', () => {
    assert.equal(latencies(-3).percentile(100), 0);
    assertNear(latencies(3_600_000).percentile(100), 60_000);
  });

  test('adds up, as text too', () => {
    const all = latencies(1, 2);
    all.add(Latencies.decode(latencies(40, 50).encode()));
    assert.equal(all.count, 4);
    assertNear(all.percentile(50), 2);
    assertNear(all.percentile(100), 50);
  });
});
