import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anyWait, HandshakeRate } from '../../src/limits/handshake-rate.js';

/** How many of a storm pass at once, and how many are told to come back in which second. */
function storm(
  rate: HandshakeRate,
  size: number,
  now: number,
): { passed: number; told: Map<number, number> } {
  const told = new Map<number, number>();
  let passed = 0;
  for (let newcomer = 0; newcomer < size; newcomer++)
    if (rate.pass(now)) passed++;
    else {
      const wait = rate.wait(now);
      told.set(wait, (told.get(wait) ?? 0) + 1);
    }
  return { passed, told };
}

const neverAsked = () => assert.fail('nobody was to be sent away by chance');

describe('the rate of handshakes', () => {
  test('a storm passes as the bucket allows; the rest gets places, as many to a second as may pass in one', () => {
    const rate = new HandshakeRate({ rate: 100, burst: 20 }, 0, neverAsked);
    const { passed, told } = storm(rate, 370, 0);
    assert.equal(passed, 20);
    assert.deepEqual(
      [...told],
      [
        [1, 100],
        [2, 100],
        [3, 100],
        [4, 50],
      ],
    );
  });

  test('those who come back when they were told to pass, all of them', () => {
    const rate = new HandshakeRate({ rate: 100, burst: 100 }, 0, neverAsked);
    const { told } = storm(rate, 450, 0);
    for (const [seconds, number] of told)
      assert.deepEqual(storm(rate, number, seconds * 1000), { passed: number, told: new Map() });
  });

  test('places that nobody came for are forgotten: after the storm the wait is short again', () => {
    const rate = new HandshakeRate({ rate: 10, burst: 1 }, 0, neverAsked);
    storm(rate, 90, 0);
    assert.equal(rate.wait(0), 9);
    assert.equal(rate.wait(20_000), 1);
  });

  test('a storm that would take longer than ten seconds is spread over ten by chance', () => {
    let asked = 0;
    const rate = new HandshakeRate({ rate: 10, burst: 1 }, 0, () => (asked++ % 10) / 10);
    const { told } = storm(rate, 1101, 0);
    assert.equal(asked, 1000);
    assert.deepEqual(
      [...told.keys()].sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    for (const number of told.values()) assert.equal(number, 110);
  });

  test('chance gives 1 to 10 seconds', () => {
    assert.equal(
      anyWait(() => 0),
      1,
    );
    assert.equal(
      anyWait(() => 0.999999),
      10,
    );
  });
});
