import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noLosses } from '../../src/books/ledger.js';
import { idle } from '../../src/scenarios/idle.js';
import { figureOf } from '../support/figures.js';
import { SpawnedLab, timeless } from './spawned-lab.js';

const options = { tabs: 60, base: 20, 'groups-per-tab': 2, settle: 0.2, quiet: 0.5 };

describe('idle, with a gateway that collects its garbage', () => {
  let lab: SpawnedLab;

  before(async () => {
    lab = await SpawnedLab.start({ collects: true });
  });
  after(() => lab.stop());

  test('tells memory and CPU per tab', async () => {
    const { figures, losses, problems } = await idle.run(lab, options);
    assert.deepEqual(timeless(problems), []);
    assert.deepEqual(losses, noLosses);
    const without = figures.filter(({ name }) => !name.includes('cgroup'));
    for (const { name, value } of without) assert.ok(Number.isFinite(value), `${name} is ${value}`);
    assert.ok(figureOf(figures, 'gateway RSS without tabs') > 10);
  });

  test('wants more tabs in the end than at first', async () => {
    await assert.rejects(idle.run(lab, { ...options, base: 60 }), /--base: expected fewer than the 60 tabs/);
  });
});

test('idle says where nothing tells what servers use, and what an interruption leaves out', async () => {
  const lab = await SpawnedLab.start();
  try {
    const target = { ...lab.target, usage: async () => [] };
    const interrupted = { target, signal: lab.signal, fleet: () => lab.fleet(), progress };
    function progress({ phase }: { phase: string }) {
      if (phase === 'quiet') lab.interrupt();
    }
    const { figures, problems } = await idle.run(interrupted, options);
    assert.equal(problems.length, 2);
    assert.match(problems[0]!, /^Interrupted/);
    assert.match(problems[1]!, /^Nothing tells/);
    assert.ok(figures.every(({ value }) => Number.isNaN(value)));
  } finally {
    await lab.stop();
  }
});
