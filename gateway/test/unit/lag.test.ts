import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Lag, watchLoop } from '../../src/limits/lag.js';

/** A loop that was late as given, at these times; asked at the last of them. */
function after(...notes: [now: number, lateBy: number][]): boolean {
  const lag = new Lag(200);
  for (const [now, lateBy] of notes) lag.note(lateBy, now);
  return lag.tooMuch(notes.at(-1)![0]);
}

describe('lag', () => {
  test('a loop that is never late, or only a little all the time, keeps up', () => {
    assert.equal(new Lag(200).tooMuch(0), false);
    assert.equal(after(...Array.from({ length: 25 }, (_, i): [number, number] => [i * 200, 199])), false);
  });

  test('one collection of garbage is tolerated, one long stop is not', () => {
    assert.equal(after([1000, 900]), false);
    assert.equal(after([3000, 3000]), true);
  });

  test('stops add up to a second of the last five', () => {
    assert.equal(after([1000, 300], [2000, 300], [3000, 300]), false);
    assert.equal(after([1000, 300], [2000, 300], [3000, 300], [4000, 300]), true);
  });

  test('is forgotten after five seconds', () => {
    const lag = new Lag(200);
    lag.note(3000, 10_000);
    assert.equal(lag.tooMuch(14_999), true);
    assert.equal(lag.tooMuch(15_000), false);
  });

  test('without a limit nothing is too much', () => {
    const lag = new Lag(Number.POSITIVE_INFINITY);
    lag.note(60_000, 60_000);
    assert.equal(lag.tooMuch(60_000), false);
  });

  test('the watch sees the loop of this process stand still, by the clock that it is given', async () => {
    let time = 0;
    const lag = new Lag(200);
    const stop = watchLoop(lag, () => time);
    time = 4050;
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(lag.tooMuch(4050), true);
    stop();
  });
});
