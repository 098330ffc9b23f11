import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemsOf, ratios, tableOf } from '../../src/compare/rows.js';
import { parseWorkload } from '../../src/compare/workload.js';
import { measurement } from './measurements.js';

const workload = parseWorkload('users:1:1');

describe('ratios', () => {
  test('compare servers within a round, not across rounds', () => {
    const floor = [measurement('floor', 1, 10), measurement('floor', 2, 20), measurement('floor', 3, 40)];
    const tabcast = [
      measurement('tabcast', 3, 44),
      measurement('tabcast', 2, 24),
      measurement('tabcast', 1, 10),
    ];
    assert.deepEqual(ratios(tabcast, floor), { median: 1.1, min: 1, max: 1.2 });
  });

  test('leave out rounds without the yardstick, and are none without any', () => {
    const tabcast = [measurement('tabcast', 1, 10), measurement('tabcast', 2, 30)];
    assert.equal(ratios(tabcast, [measurement('floor', 2, 20)]).median, 1.5);
    assert.ok(Number.isNaN(ratios(tabcast, []).median));
  });
});

describe('a table', () => {
  const rowOf = (...measurements: ReturnType<typeof measurement>[]) =>
    tableOf(workload, ['floor', 'ws'], measurements, 'floor', []).rows.find(({ peer }) => peer === 'ws')!;

  test('has servers in the given order, and only those that were measured', () => {
    const measurements = [measurement('ws', 1, 12), measurement('floor', 1, 10)];
    const { rows, offered } = tableOf(workload, ['raw', 'floor', 'ws'], measurements, 'floor', []);
    assert.deepEqual(
      rows.map(({ peer }) => peer),
      ['floor', 'ws'],
    );
    assert.equal(offered, 1);
  });

  test('takes nothing of other workloads', () => {
    const other = measurement('ws', 1, 99, { workload: 'users:2:2', late: 9 });
    const row = rowOf(measurement('ws', 1, 12), other);
    assert.equal(row.gatewayCpu.max, 12);
    assert.equal(row.faults, '');
  });

  test('names every fault of every round', () => {
    const row = rowOf(
      measurement('ws', 1, 12, { lost: 2 }),
      measurement('ws', 2, 12, { lost: 1, doubled: 4, closed: 1 }),
    );
    assert.equal(row.faults, 'lost 3, doubled 4, closed 1');
  });

  test('tells what is lost from what a saturated server has not sent yet', () => {
    const saturated = { saturated: true, lost: 5000 };
    const row = rowOf(measurement('ws', 1, 12, { lost: 2 }), measurement('ws', 2, 12, saturated));
    assert.equal(row.faults, 'saturated in 1 of 2 rounds, lost or late 5,000, lost 2');
    assert.equal(rowOf(measurement('ws', 1, 12, saturated)).faults, 'saturated, lost or late 5,000');
  });

  test('takes the median of what could be measured', () => {
    const row = rowOf(measurement('ws', 1, 12, { p99: Number.NaN }), measurement('ws', 2, 12, { p99: 3 }));
    assert.equal(row.p99.median, 3);
  });
});

describe('problems', () => {
  test('are losses of a server that kept up, and a sender that did not', () => {
    const problems = problemsOf([
      measurement('floor', 1, 10),
      measurement('ws', 1, 12, { stray: 1 }),
      measurement('ws', 2, 12, { behind: 250 }),
    ]);
    assert.deepEqual(problems, [
      'ws under users:1:1, round 1: stray 1',
      'ws under users:1:1, round 2: the sender fell behind its timetable by 250 ms',
    ]);
  });

  test('are not what a saturated server leaves behind', () => {
    const saturated = { saturated: true, serverCoreBusy: 0.99, lost: 9 };
    assert.deepEqual(problemsOf([measurement('ws', 1, 12, saturated)]), []);
    assert.deepEqual(problemsOf([measurement('ws', 1, 12, { ...saturated, doubled: 1 })]), [
      'ws under users:1:1, round 1: doubled 1',
    ]);
  });

  test('are what a server with time left has not delivered', () => {
    const idle = { saturated: true, serverCoreBusy: 0.5, loadCoreBusy: 0.5, lost: 9 };
    assert.deepEqual(problemsOf([measurement('ws', 1, 12, idle)]), ['ws under users:1:1, round 1: lost 9']);
  });
});
