import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLosses } from '../../src/books/ledger.js';
import { resume } from '../../src/scenarios/resume.js';
import { figureOf } from '../support/figures.js';
import { SpawnedLab, timeless } from './spawned-lab.js';

const options = {
  ...{ tabs: 40, 'per-second': 1_000_000, 'in-flight': 20, missed: 5 },
  ...{ bystanders: 10, sends: 200, 'warm-up': 0.1, calm: 0.2 },
};

for (const through of ['api', 'redis'] as const)
  test(`resume: tabs get all that was sent through ${through} while they were away`, async () => {
    const lab = await SpawnedLab.start({ through });
    try {
      const { figures, losses, problems } = await resume.run(lab, options);
      assert.deepEqual(timeless(problems), []);
      assert.deepEqual(losses, noLosses);
      for (const { name, value } of figures) assert.ok(Number.isFinite(value), `${name} is ${value}`);
      assert.equal(figureOf(figures, 'told gaps'), 0);
    } finally {
      await lab.stop();
    }
  });

test('resume: what is beyond the history is lost, and tabs are told', async () => {
  const lab = await SpawnedLab.start({ environment: { TABCAST_HISTORY_USER_SIZE: '2' } });
  try {
    const missed = 200; // Redis trims in steps of its own, beyond which it forgets.
    const { figures, losses, problems } = await resume.run(lab, { ...options, tabs: 3, missed });
    assert.ok(losses.lost > 0);
    assert.equal(figureOf(figures, 'told gaps'), 3);
    assert.ok(Number.isNaN(figureOf(figures, 'time until all have everything')));
    assert.ok(problems.some((problem) => problem.startsWith(`Of what was missed: ${losses.lost} of 600 `)));
  } finally {
    await lab.stop();
  }
});
