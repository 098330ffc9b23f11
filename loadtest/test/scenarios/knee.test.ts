import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findKnee } from '../../src/scenarios/knee.js';

/** A server that carries so much, and the rates that were tried. */
function carrying(limit: number) {
  const tried: number[] = [];
  const sustains = async (rate: number) => {
    tried.push(rate);
    return rate <= limit;
  };
  return { tried, sustains };
}

describe('findKnee', () => {
  test('doubles until it is too much, then bisects', async () => {
    const { tried, sustains } = carrying(5500);
    assert.equal(await findKnee(1000, 0.1, sustains), 5500);
    assert.deepEqual(tried, [1000, 2000, 4000, 8000, 6000, 5000, 5500]);
  });

  test('comes as near as it is asked to, and never above', async () => {
    for (const limit of [1, 1.7, 77, 12_345, 999_999]) {
      const knee = await findKnee(1, 0.1, carrying(limit).sustains);
      assert.ok(knee <= limit && knee * 1.1 >= limit, `${knee} for ${limit}`);
    }
  });

  test('finds nothing when the first is too much', async () => {
    const { tried, sustains } = carrying(10);
    assert.equal(await findKnee(1000, 0.1, sustains), Number.NaN);
    assert.deepEqual(tried, [1000]);
  });

  test('tells the best up to an interruption', async () => {
    const answers = [true, true, undefined];
    assert.equal(await findKnee(100, 0.1, async () => answers.shift()), 200);
  });
});
