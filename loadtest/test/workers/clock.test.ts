import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clockOffset } from '../../src/workers/clock.js';

describe('clockOffset', () => {
  test('takes the shortest round trip, and half of it for its error', () => {
    const rounds = [
      { asked: 100, told: 5160, answered: 150 }, // the answer took long
      { asked: 200, told: 5201, answered: 202 },
      { asked: 300, told: 5301, answered: 340 },
    ];
    assert.deepEqual(clockOffset(rounds), { ahead: 5000, error: 1 });
  });

  test('is never wrong by more than it says, however uneven the ways are', () => {
    for (const there of [0, 1, 3])
      for (const back of [0, 2, 9]) {
        const round = { asked: 10, told: 10 + there - 700, answered: 10 + there + back };
        const { ahead, error } = clockOffset([round]);
        assert.ok(Math.abs(ahead + 700) <= error, `${there} there, ${back} back`);
      }
  });
});
