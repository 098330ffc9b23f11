import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenness } from '../../src/rehearsal/evenness.js';

const cases: readonly (readonly [what: string, tabs: readonly number[], isEven: boolean])[] = [
  ['the same on all', [200, 200, 200], true],
  ['10 % above the mean', [220, 200, 180], true],
  ['more than that', [225, 195, 180], false],
  ['more than that below the mean', [217, 217, 166], false],
  ['ten tabs above the mean of few', [30, 20, 10], true],
  ['twelve', [32, 20, 8], false],
  ['a new one that is empty', [300, 300, 0], false],
  ['no tab at all', [0, 0], true],
  ['no gateway', [], true],
];
for (const [what, tabs, isEven] of cases)
  test(`evenness: ${what}`, () => assert.equal(evenness(tabs).isEven, isEven));

test('evenness: tells how far the fullest and the emptiest are from the mean', () => {
  const { fullest, emptiest } = evenness([120, 110, 70]);
  assert.equal(Math.round(fullest), 20);
  assert.equal(Math.round(emptiest), 30);
});
