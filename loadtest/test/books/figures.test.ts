import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { percentile, spread } from '../../src/books/figures.js';

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  test('is the nearest rank, whatever the order', () => {
    assert.equal(percentile(hundred, 1), 1);
    assert.equal(percentile(hundred, 50), 50);
    assert.equal(percentile(hundred, 99), 99);
    assert.equal(percentile(hundred, 99.5), 100);
    assert.equal(percentile(hundred, 100), 100);
  });

  test('sorts numbers as numbers, not as text', () => {
    assert.equal(percentile([10, 9, 100, 1], 50), 9);
  });

  test('of a single value is that value, of none is NaN', () => {
    assert.equal(percentile([7], 99), 7);
    assert.equal(percentile([], 50), Number.NaN);
  });

  test('leaves the values as they were', () => {
    const values = Float64Array.of(3, 1, 2);
    percentile(values, 50);
    assert.deepEqual([...values], [3, 1, 2]);
  });
});

describe('spread', () => {
  test('of an odd number of rounds has the middle one as its median', () => {
    assert.deepEqual(spread([10, 1, 2]), { median: 2, min: 1, max: 10 });
  });

  test('of an even number has the mean of the middle two', () => {
    assert.deepEqual(spread([4, 1, 10, 2]), { median: 3, min: 1, max: 10 });
  });
});
