import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { align, digits, measured } from '../../src/report/format.js';
import { lossesLine, resultTable } from '../../src/report/table.js';
import { resultOf } from './results.js';

describe('figures as text', () => {
  test('have three digits, or all before the point', () => {
    const shown = [4.2137, 12.345, 0.061234, 7, 999.7, 123_456.7, 0, -1.5].map(digits);
    assert.deepEqual(shown, ['4.21', '12.3', '0.0612', '7', '1,000', '123,457', '0', '-1.50']);
  });

  test('are a dash without a unit where nothing was measured, in JSON too', () => {
    const fromJson: number | null = JSON.parse(JSON.stringify(Number.NaN));
    assert.deepEqual([measured(Number.NaN, 'µs'), measured(fromJson, 'µs')], ['–', '–']);
    assert.equal(measured(2, 'µs'), '2 µs');
  });

  test('stand under one another, names to the left and numbers to the right', () => {
    assert.deepEqual(
      align([
        ['a', '10', ''],
        ['long', '1'],
      ]),
      ['  a     10', '  long   1'],
    );
  });
});

describe('the table of a result', () => {
  test('says what was asked, on what machine, and what came out', () => {
    const table = resultTable(
      resultOf({ latency: { p50: 1, p90: 2, p99: 3.456, p999: 4, max: Number.NaN } }),
    );
    for (const part of [
      'users: tabcast, 2026-11-21 12:13 UTC',
      'tabs 10,000, window 6',
      'Abacus, 2 cores, 7.80 GB, Linux 6.1, node 20.20.2',
      'gateway CPU per delivery  4.21  µs',
      'losses: none',
    ])
      assert.ok(table.includes(part), `${part} is not in\n${table}`);
    assert.match(table, /p50 +p90 +p99 +p99\.9 +max\n +1 +2 +3\.46 +4 +–\n/);
    assert.doesNotMatch(table, /Problems/);
  });

  test('names every loss and every problem', () => {
    assert.equal(lossesLine({ lost: 3, doubled: 0, late: 1200, stray: 1 }), '3 lost, 1,200 late, 1 stray');
    const table = resultTable(resultOf({ problems: ['It rained.', 'It poured.'] }));
    assert.match(table, /Problems:\n {2}- It rained\.\n {2}- It poured\.$/);
  });
});
