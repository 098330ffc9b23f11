import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reading } from '@tabcast/loadtest/fleet/plan';
import { addReadings } from '@tabcast/loadtest/fleet/readings';
import { endingProblems, stormProblems, tabProblems } from '../../src/rehearsal/verdict.js';
import { attemptsIn } from '../../src/rehearsal/wave.js';

const reading = (seen: Partial<Reading>): Reading => ({ ...addReadings([]), ...seen });

describe('what is said against a rehearsal', () => {
  test('nothing, when all tabs are there and have missed nothing', () => {
    assert.deepEqual(tabProblems(reading({ open: 5 }), 5), []);
  });
  test('tabs that are away', () => {
    assert.deepEqual(tabProblems(reading({ open: 3 }), 5), ['2 of 5 tabs are away at the end.']);
  });
  test('gaps that tabs were told of', () => {
    assert.match(tabProblems(reading({ open: 5, unrecovered: 7 }), 5).join(), /^7 times/);
  });
  test('gateways that were killed, or failed', () => {
    const problems = ['A gateway has ended with SIGKILL.', 'A gateway has ended with 1.'];
    assert.deepEqual(endingProblems([0, 'SIGKILL', 1]), problems);
  });
  test('a storm: more than three times as dense as closes are spread', () => {
    assert.deepEqual(stormProblems(120, 40), []);
    assert.equal(stormProblems(121, 40).length, 1);
  });
  test('ten handshakes are no storm', () => {
    assert.deepEqual(stormProblems(10, 1), []);
    assert.equal(stormProblems(11, 1).length, 1);
  });
});

test('attempts are all that came to the door: who is there, who was there, and who was not let in', () => {
  const seen = reading({ open: 10, failures: 3, closes: { 4000: 4, 4005: 2, 1005: 1 } });
  assert.equal(attemptsIn(seen), 20);
});
