import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atPace, retryDelay } from '../../src/fleet/pace.js';

describe('atPace', () => {
  test('tells each when it was due, also where it had to wait', async () => {
    const dues: number[] = [];
    let underWay = 0;
    let most = 0;
    await atPace(6, { perSecond: 1000, inFlight: 2 }, async (index, due) => {
      dues[index] = due;
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
    });
    assert.equal(most, 2);
    assert.deepEqual(
      dues.map((due) => Math.round(due - dues[0]!)),
      [0, 1, 2, 3, 4, 5],
    );
  });

  test('rejects with the first that does', async () => {
    const opening = atPace(3, { perSecond: 1e6, inFlight: 1 }, async (index) => {
      if (index === 1) throw new Error('refused');
    });
    await assert.rejects(opening, /refused/);
  });
});

describe('retryDelay', () => {
  test('grows up to a bound, and is random below it', () => {
    assert.deepEqual(
      [1, 2, 3, 6, 7, 100].map((failures) => retryDelay(failures, 1)),
      [500, 1000, 2000, 16_000, 16_000, 16_000],
    );
    assert.equal(retryDelay(3, 0.25), 500);
  });
});
