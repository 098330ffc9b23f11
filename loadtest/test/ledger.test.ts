import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ledger } from '../src/ledger.js';

/** A ledger in which tab 0 has got these numbers, in this order. */
function got(...numbers: number[]): Ledger {
  const ledger = new Ledger(1);
  for (const number of numbers) ledger.record(0, number);
  return ledger;
}

describe('Ledger', () => {
  test('is balanced when everything arrived once and in order', () => {
    assert.deepEqual(got(0, 1, 2).settle([3]), { lost: 0, doubled: 0, late: 0 });
  });

  test('counts what never began, what broke off and what is missing between', () => {
    assert.equal(got().settle([3]).lost, 3);
    assert.equal(got(0).settle([3]).lost, 2);
    assert.equal(got(1, 4).settle([6]).lost, 4);
  });

  test('counts each repetition', () => {
    assert.deepEqual(got(0, 0, 1, 0, 1).settle([2]), { lost: 0, doubled: 3, late: 0 });
  });

  test('a loss and a double do not cancel out', () => {
    const ledger = got(0, 0, 2);
    assert.equal(ledger.received, 3);
    assert.deepEqual(ledger.settle([3]), { lost: 1, doubled: 1, late: 0 });
  });

  test('what comes after a later one is late, and only once', () => {
    assert.deepEqual(got(0, 3, 1, 2).settle([4]), { lost: 0, doubled: 0, late: 2 });
    assert.deepEqual(got(2, 0, 0).settle([3]), { lost: 1, doubled: 1, late: 1 });
  });

  test('keeps the tabs apart', () => {
    const ledger = new Ledger(3);
    ledger.record(0, 0);
    ledger.record(2, 0);
    ledger.record(2, 0);
    assert.equal(ledger.received, 3);
    assert.deepEqual(ledger.settle([1, 2, 1]), { lost: 2, doubled: 1, late: 0 });
  });
});
