import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLosses } from '@tabcast/loadtest/books/ledger';
import type { Result } from '@tabcast/loadtest/report/result';
import { figureOf } from '@tabcast/loadtest/testing/figures';
import { type RolloutPlan, rehearseRollout } from '../../src/rehearsal/rollout.js';
import { without } from '../support/programs.js';

const plan: RolloutPlan = {
  ...{ gateways: 3, tabs: 240, sends: 150, lameDuck: 4, window: 5, calm: 2 },
  ...{ history: true, kill: false },
};

const rehearse = (changes: Partial<RolloutPlan>): Promise<Pick<Result, 'figures' | 'losses' | 'problems'>> =>
  rehearseRollout({ signal: new AbortController().signal, progress: () => {} }, { ...plan, ...changes });

/** How dense handshakes are is a matter of time, which a busy machine has none of: for runs that are measured. */
const timeless = (problems: readonly string[]) => problems.filter((problem) => !problem.includes('a storm'));

const skip = without('haproxy');

test('a rolling restart under load loses nothing, and nobody knocks in vain', { skip }, async () => {
  const { figures, losses, problems } = await rehearse({});
  assert.deepEqual(timeless(problems), []);
  assert.deepEqual(losses, noLosses);
  // Every tab had to leave an old gateway at least once.
  assert.ok(figureOf(figures, 'moves of tabs') >= plan.tabs);
  assert.equal(figureOf(figures, 'attempts in vain'), 0);
  assert.ok(figureOf(figures, 'deliveries in all') > plan.tabs);
});

test('gateways that are killed lose nothing either, and it is told that they did not leave in order', {
  skip,
}, async () => {
  const { losses, problems } = await rehearse({ kill: true, calm: 4 });
  assert.deepEqual(losses, noLosses);
  assert.equal(problems.filter((problem) => problem.includes('ended with SIGKILL')).length, plan.gateways);
});

test('without history a rolling restart loses what tabs miss on their way, and that is told', {
  skip,
}, async () => {
  const { losses, problems } = await rehearse({ history: false, sends: 600, window: 3 });
  assert.ok(losses.lost > 0);
  assert.ok(
    problems.some((problem) => /of \d+ deliveries were lost/.test(problem)),
    problems.join('\n'),
  );
});
