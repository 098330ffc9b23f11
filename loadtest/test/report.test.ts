import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Row, ratios, workloadTable } from '../src/report.js';

function row(server: Row['server'], round: number, cpuPerDelivery: number, more: Partial<Row> = {}): Row {
  return {
    workload: 'users:1:1',
    server,
    round,
    cpuPerDelivery,
    deliveriesPerSecond: 2,
    p50: 1,
    p99: 2,
    expected: 10,
    lost: 0,
    doubled: 0,
    late: 0,
    unheard: 0,
    behind: 0,
    closes: [],
    serverCoreBusy: 0.5,
    loadCoreBusy: 0.5,
    intruded: 0,
    stolen: 0,
    ...more,
  };
}

describe('report', () => {
  test('compares servers within a round, not across rounds', () => {
    const floor = [row('floor', 1, 10), row('floor', 2, 20), row('floor', 3, 40)];
    const tabcast = [row('tabcast', 3, 44), row('tabcast', 2, 24), row('tabcast', 1, 10)];
    assert.deepEqual(ratios(tabcast, floor), { median: 1.1, min: 1, max: 1.2 });
  });

  test('names every fault of every round, and only faults', () => {
    const rows = [
      row('floor', 1, 10),
      row('tabcast', 1, 12, { lost: 2 }),
      row('tabcast', 2, 12, { lost: 1, doubled: 4, closes: [4001] }),
      row('tabcast', 2, 12, { workload: 'users:2:2', late: 99 }),
    ];
    const [title, , floor, tabcast] = workloadTable('users:1:1', rows, 'floor').split('\n');
    assert.equal(title, 'users:1:1');
    assert.match(floor!, /^ {2}floor .* none /);
    assert.match(tabcast!, /^ {2}tabcast .* lost 3, doubled 4, closed 1 /);
  });
});
