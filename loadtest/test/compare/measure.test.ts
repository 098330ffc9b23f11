import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peersNamed } from '../../peers/all.js';
import { measure } from '../../src/compare/measure.js';
import { parseWorkload } from '../../src/compare/workload.js';
import { RedisServer } from '../../src/servers/redis.js';

const times = { warmUp: 0.2, window: 0.3 };

test('a measurement of a sound server has every figure and no fault', async () => {
  const redis = await RedisServer.start();
  const [floor] = peersNamed(['floor']);
  const target = await floor!.start({ redis });
  try {
    const workload = parseWorkload('users:200:40');
    const { signal } = new AbortController();
    const { connectCpu, residentPerTab, ...findings } = await measure(target, workload, times, signal);
    const { lost, doubled, late, stray, closed, unheard, saturated, ...figures } = findings;
    assert.deepEqual(
      { lost, doubled, late, stray, closed, unheard },
      { lost: 0, doubled: 0, late: 0, stray: 0, closed: 0, unheard: 0 },
    );
    for (const [name, figure] of Object.entries(figures)) assert.ok(Number.isFinite(figure), name);
    assert.deepEqual([connectCpu, residentPerTab], [Number.NaN, Number.NaN], 'so few tabs tell no cost');
    assert.ok(figures.expected > 0 && figures.rate > 0 && figures.gatewayCpu > 0);
  } finally {
    await target.stop();
    await redis.stop();
  }
});
