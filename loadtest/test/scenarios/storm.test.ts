import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLosses } from '../../src/books/ledger.js';
import { storm } from '../../src/scenarios/storm.js';
import { figureOf } from '../support/figures.js';
import { SpawnedLab, timeless } from './spawned-lab.js';

const options = {
  tabs: 60,
  'per-second': 1_000_000,
  'in-flight': 30,
  bystanders: 10,
  sends: 200,
  'warm-up': 0.1,
  calm: 0.2,
};

test('storm: all tabs come back, and nothing is lost by others', async () => {
  const lab = await SpawnedLab.start();
  try {
    const { figures, losses, problems } = await storm.run(lab, options);
    assert.deepEqual(timeless(problems), []);
    assert.deepEqual(losses, noLosses);
    for (const { name, value } of figures) assert.ok(Number.isFinite(value), `${name} is ${value}`);
    assert.equal(figureOf(figures, 'attempts in vain'), 0);
    assert.equal(figureOf(figures, 'told gaps'), 0);
  } finally {
    await lab.stop();
  }
});

test('storm: a gateway that lets few in at a time shows in the attempts', async () => {
  // All can come once; of those who come again a few seconds later, about half.
  const environment = { TABCAST_HANDSHAKE_RATE: '4', TABCAST_HANDSHAKE_BURST: '22' };
  const lab = await SpawnedLab.start({ environment });
  try {
    const { figures, losses, problems } = await storm.run(lab, { ...options, tabs: 20, bystanders: 2 });
    assert.deepEqual(timeless(problems), []);
    assert.deepEqual(losses, noLosses);
    assert.ok(figureOf(figures, 'attempts in vain') > 0);
  } finally {
    await lab.stop();
  }
});
