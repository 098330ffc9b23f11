import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { regressions, unmeasured } from '../../src/compare/regression.js';
import { tableOf } from '../../src/compare/rows.js';
import { parseWorkload } from '../../src/compare/workload.js';
import type { Absence, Comparison } from '../../src/report/comparison.js';
import { measurement } from './measurements.js';

/** A comparison with the floor at 10 µs, and tabcast at these. */
function comparison(...tabcast: number[]): Comparison {
  const measurements = tabcast.flatMap((gatewayCpu, index) => [
    measurement('floor', index + 1, 10),
    measurement('tabcast', index + 1, gatewayCpu),
  ]);
  return {
    date: '2026-11-21T12:00:00.000Z',
    machine: { cpu: 'a CPU', cores: 2, memoryGb: 4, system: 'Linux', versions: {} },
    ...{ yardstick: 'floor', rounds: tabcast.length, warmUp: 1, window: 3, peers: [], missing: [] },
    tables: [tableOf(parseWorkload('users:1:1'), ['floor', 'tabcast'], measurements, 'floor', [])],
    ...{ measurements, problems: [] },
  };
}

test('slower is what is slower in each round than in any before', () => {
  assert.deepEqual(regressions(comparison(15, 16, 17), comparison(11, 12, 14)), [
    { workload: 'users:1:1', peer: 'tabcast', before: 1.2, now: 1.6 },
  ]);
});

test('what lies within the spread is not slower', () => {
  assert.deepEqual(regressions(comparison(13, 16, 17), comparison(11, 12, 14)), []);
});

test('runs that have nothing in common are not compared', () => {
  assert.throws(
    () => regressions(comparison(15), { ...comparison(11), tables: [] }),
    /none of these servers/,
  );
});

describe('unmeasured', () => {
  const before = comparison(11);
  const only = (peer: string, left: readonly Absence[]) => {
    const [table] = before.tables;
    const rows = tableOf(
      ...([
        parseWorkload('users:1:1'),
        [peer],
        before.measurements.filter((one) => one.peer === peer),
      ] as const),
      ...(['floor', left] as const),
    ).rows;
    return { ...before, tables: [{ ...table!, rows, left }] };
  };

  test('is nothing where all was measured', () => {
    assert.deepEqual(unmeasured(comparison(12), before), []);
  });

  test('is a server that failed, or is not there', () => {
    const absence = { peer: 'tabcast', reason: 'it has exited' };
    const sentence = ['tabcast under users:1:1: it has exited'];
    assert.deepEqual(unmeasured(only('floor', [absence]), before), sentence);
    assert.deepEqual(unmeasured({ ...only('floor', []), missing: [absence] }, before), sentence);
  });

  test('is a server without a yardstick beside it', () => {
    assert.deepEqual(unmeasured(only('tabcast', []), before), ['tabcast under users:1:1: there is no ratio']);
  });
});
