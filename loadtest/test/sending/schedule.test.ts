import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dueAt, shareOf } from '../../src/sending/schedule.js';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('dueAt', () => {
  test('spreads messages evenly over a second, on whole milliseconds', () => {
    assert.deepEqual(
      upTo(4).map((index) => dueAt(index, 4)),
      [250, 500, 750, 1000],
    );
    assert.deepEqual(
      upTo(6).map((index) => dueAt(index, 3000)),
      [1, 1, 1, 2, 2, 2],
    );
  });

  test('keeps the rate where it does not divide a millisecond', () => {
    const perMillisecond = new Map<number, number>();
    for (const due of upTo(1500).map((index) => dueAt(index, 1500)))
      perMillisecond.set(due, (perMillisecond.get(due) ?? 0) + 1);
    assert.equal(perMillisecond.size, 1000);
    assert.deepEqual(new Set(perMillisecond.values()), new Set([1, 2]));
  });
});

describe('shareOf', () => {
  test('deals messages to channels in turn', () => {
    assert.deepEqual(
      upTo(3).map((channel) => shareOf(channel, 3, 7)),
      [3, 2, 2],
    );
    assert.deepEqual(
      upTo(3).map((channel) => shareOf(channel, 3, 1)),
      [1, 0, 0],
    );
  });
});
