import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cutOff, deaf, deafToOne, isHeardByAll } from '../support/redis-rows.js';
import { expectMissed, expectUnnoticed, undergoRow } from '../support/row.js';
import type { Scene } from '../support/scene.js';
import { until } from '../support/until.js';

/**
 * What a gateway has missed without a gap in the numbers, because nothing comes after it, is found in three ways: when Redis is back,
 * by the probe, and by a look at quiet channels. Here each of them has to do alone, and what is left without them stays missed;
 * a connection without probe and look is in mutants.test.ts.
 */

/** Longer than a gateway takes to read a channel, and than it takes to look at all that a cluster has, in ms. */
const [reading, looking] = [2000, 8000];

async function heard({ cluster }: Scene): Promise<void> {
  await until('the quiet channel to be heard', () => isHeardByAll(cluster), 45_000);
  cluster.expectNothingTold();
}

async function expectHeard(scene: Scene): Promise<void> {
  await heard(scene);
  await expectUnnoticed(scene);
}

async function expectUnheard({ cluster }: Scene): Promise<void> {
  await assert.rejects(until('the quiet channel to be heard', () => isHeardByAll(cluster), reading));
}

describe('what was said last in a channel', { timeout: 100_000 }, () => {
  test('while Redis was away is read when it is back', (t) =>
    undergoRow(t, cutOff, expectHeard, 'sweepless'));

  test('while Redis was away stays missed by who neither reads it then nor looks at quiet channels', (t) =>
    undergoRow(t, cutOff, expectUnheard, 'sweepless', 'backless'));

  test('to a deaf connection is read when the probe has found out', (t) =>
    undergoRow(t, deaf, expectHeard, 'sweepless'));

  test('to a deaf connection is found by a look at quiet channels', (t) =>
    undergoRow(t, deaf, heard, 'probeless'));
});

describe('a channel of which a connection carries nothing, while it carries all others', {
  timeout: 100_000,
}, () => {
  test('is found by a look at it', (t) => undergoRow(t, deafToOne, expectUnnoticed));

  test('stays missed by who does not look', (t) =>
    undergoRow(
      t,
      deafToOne,
      (scene) =>
        expectMissed(scene, looking, /^tab [01] .* never got .* \(group:red .*\), and was not told$/),
      'sweepless',
    ));
});
