import { describe, test } from 'node:test';
import { killed, rolledBack, swallowed } from '../support/redis-rows.js';
import { expectMissed, undergoRow } from '../support/row.js';
import type { Scene } from '../support/scene.js';
import { until } from '../support/until.js';

/**
 * Rows of the fault matrix, undergone by gateways that lack what is there against the fault: the ledger has to notice. What passes
 * here as well proves nothing.
 */

/** Longer than a gateway as it is takes to find out and to make good, in ms. */
const patience = 8000;

/** What is found can never be made good. */
async function expectBroken({ cluster }: Scene, kind: RegExp): Promise<void> {
  await until(`a fault like ${kind}`, () => cluster.faults().some((fault) => kind.test(fault)), patience);
}

describe('mutation check', { timeout: 110_000 }, () => {
  test('F3 without gap detection: what was missed while Redis was away stays missed', (t) =>
    undergoRow(t, killed(300), (scene) => expectBroken(scene, / has a silent gap in /), 'deaf-to-gaps'));

  test('F7 without gap detection: what was missed until the probe failed stays missed', (t) =>
    undergoRow(t, swallowed, (scene) => expectBroken(scene, / has a silent gap in /), 'deaf-to-gaps'));

  test('F7 without probe and look at quiet channels: nothing comes any more', (t) =>
    undergoRow(
      t,
      swallowed,
      (scene) => expectMissed(scene, patience, /^tab [01] .* never got .*, and was not told$/),
      'probeless',
      'sweepless',
    ));

  test('F4 without fence: positions mean two things', (t) =>
    undergoRow(t, rolledBack(51), (scene) => expectBroken(scene, / means .*, and /), 'fenceless'));

  test('F7 with a connection left behind for each that is replaced: Redis has one too many', (t) =>
    undergoRow(
      t,
      swallowed,
      ({ cluster }) => until('it to be there', async () => (await cluster.redis.connections()).length > 6),
      'leaky',
    ));
});
