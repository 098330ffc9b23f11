import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addLosses, Ledger, noLosses } from '../../src/books/ledger.js';

/** A ledger of one tab in stream 0, which has got these numbers in this order. */
function got(...numbers: number[]): Ledger {
  const ledger = new Ledger([[0]]);
  for (const number of numbers) ledger.record(0, 0, number);
  return ledger;
}

describe('Ledger', () => {
  test('is balanced when everything arrived once and in order', () => {
    assert.deepEqual(got(0, 1, 2).settle([3]), noLosses);
  });

  test('counts what never began, what broke off and what is missing between', () => {
    assert.equal(got().settle([3]).lost, 3);
    assert.equal(got(0).settle([3]).lost, 2);
    assert.equal(got(1, 4).settle([6]).lost, 4);
  });

  test('counts each repetition', () => {
    assert.deepEqual(got(0, 0, 1, 0, 1).settle([2]), { ...noLosses, doubled: 3 });
  });

  test('a loss and a double do not cancel out', () => {
    const ledger = got(0, 0, 2);
    assert.equal(ledger.received, 3);
    assert.deepEqual(ledger.settle([3]), { ...noLosses, lost: 1, doubled: 1 });
  });

  test('what comes after a later one is late, and only once', () => {
    assert.deepEqual(got(0, 3, 1, 2).settle([4]), { ...noLosses, late: 2 });
    assert.deepEqual(got(2, 0, 0).settle([3]), { ...noLosses, lost: 1, doubled: 1, late: 1 });
  });

  test('what nobody has sent is stray, and hides no loss', () => {
    assert.deepEqual(got(0, 2, 3, 4).settle([3]), { ...noLosses, lost: 1, stray: 2 });
    assert.deepEqual(got(5).settle([3]), { ...noLosses, lost: 3, stray: 1 });
    const ledger = new Ledger([[0], [0]]);
    for (const number of [0, 1, 2]) ledger.record(0, 0, number);
    ledger.record(1, 0, 0);
    assert.deepEqual(ledger.settle([2]), { ...noLosses, lost: 1, stray: 1 });
  });

  test('what was away for long takes one gap, whatever its length', () => {
    const far = 2 ** 32;
    const ledger = got(0, far, 2, 1, 1);
    assert.deepEqual(ledger.settle([far + 1]), { ...noLosses, lost: far - 3, doubled: 1, late: 2 });
  });

  test('keeps tabs and streams apart', () => {
    const ledger = new Ledger([[0, 2], [], [2]]);
    ledger.record(0, 0, 0);
    ledger.record(0, 2, 1);
    ledger.record(2, 2, 0);
    ledger.record(2, 2, 0);
    assert.equal(ledger.received, 4);
    // Tab 0 lacks number 0 of stream 2; tab 2 lacks number 1 of it, and has number 0 twice.
    assert.deepEqual(ledger.settle([1, 9, 2]), { ...noLosses, lost: 2, doubled: 1 });
  });

  test('what is for others is stray, and counts for nothing else', () => {
    const ledger = new Ledger([[0], [1]]);
    ledger.record(0, 1, 0);
    ledger.record(0, 0, 0);
    assert.deepEqual(ledger.settle([1, 0]), { ...noLosses, stray: 1 });
  });
});

describe('addLosses', () => {
  test('adds each kind', () => {
    const one = { lost: 1, doubled: 2, late: 3, stray: 4 };
    assert.deepEqual(addLosses([one, noLosses, one]), { lost: 2, doubled: 4, late: 6, stray: 8 });
  });
});
