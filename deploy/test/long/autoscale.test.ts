import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLosses } from '@tabcast/loadtest/books/ledger';
import { type AutoscalePlan, rehearseAutoscale } from '../../src/rehearsal/autoscale.js';
import { without } from '../support/programs.js';

/** So few that the balancer does most of it: what is left to the gateways begins 30 s after they have changed. */
const plan: AutoscalePlan = {
  ...{ tabs: 120, fills: [0.9, 1.8, 3.6], arrivals: 1.5, sends: 60, faster: 90 },
  ...{ lameDuck: 4, window: 5, rebalance: true, patience: 90 },
};

test('1, 3 and 2 gateways as tabs come and go: spread evenly, no storm, nothing lost', {
  skip: without('haproxy'),
  timeout: 280_000,
}, async () => {
  const audience = { signal: new AbortController().signal, progress: () => {} };
  const { figures, losses, problems } = await rehearseAutoscale(audience, plan);
  assert.deepEqual(problems, []);
  assert.deepEqual(losses, noLosses);
  const steps = figures.map(({ name }) =>
    /^(\d+) tabs on (\d): even after$/.exec(name)?.slice(1).map(Number),
  );
  assert.deepEqual(
    steps.filter((step) => step !== undefined),
    [
      [60, 2],
      [120, 3],
      [60, 2],
    ],
  );
});
