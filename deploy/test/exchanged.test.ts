import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchanged } from '../src/programs/exchanged.js';

test('places are exchanged everywhere, and one that is not there is an error', () => {
  assert.equal(exchanged('a:1 b:2 a:1', { 'a:1': 'x', 'b:2': 'y' }), 'x y x');
  assert.throws(() => exchanged('a:1', { 'a:2': 'x' }), /no "a:2"/);
});
