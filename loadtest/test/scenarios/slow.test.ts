import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLosses } from '../../src/books/ledger.js';
import type { Lab } from '../../src/scenarios/scenario.js';
import { slow } from '../../src/scenarios/slow.js';
import { figureOf } from '../support/figures.js';
import { SpawnedLab, timeless } from './spawned-lab.js';

const options = {
  ...{ tabs: 12, 'slow-percent': 25, 'per-second': 100, 'text-bytes': 60_000 },
  ...{ 'warm-up': 0.2, calm: 0.5, asleep: 2 },
};

test('slow: tabs that do not read are closed, come back, and miss nothing that is in the history', async () => {
  const lab = await SpawnedLab.start({ environment: { TABCAST_HISTORY_GROUP_SIZE: '1000' } });
  try {
    const { figures, losses, problems } = await slow.run(lab, options);
    assert.deepEqual(timeless(problems), []);
    assert.deepEqual(losses, noLosses);
    for (const { name, value } of figures) assert.ok(Number.isFinite(value), `${name} is ${value}`);
    assert.equal(figureOf(figures, 'tabs that stopped reading'), 3);
    assert.equal(figureOf(figures, 'closed, too much waited (4001)'), 3);
    assert.equal(figureOf(figures, 'came back'), 3);
    assert.equal(figureOf(figures, 'told gaps'), 0);
  } finally {
    await lab.stop();
  }
});

test('slow: refuses a share that leaves nobody slow, or nobody else', async () => {
  const nowhere = {} as Lab;
  await assert.rejects(
    slow.run(nowhere, { ...options, 'slow-percent': 70 }),
    /^RangeError: --slow-percent: expected at most 50/,
  );
  await assert.rejects(
    slow.run(nowhere, { ...options, 'slow-percent': 5 }),
    /^RangeError: --tabs: expected at least 20/,
  );
});
