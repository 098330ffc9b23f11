import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Diagnosis } from '../../src/broker/redis/probe.js';

/** Looks once a second up to and including `to`, and lets `each` happen after each look. */
function looks(
  diagnosis: Diagnosis,
  { from, to, subscribed = true }: { from: number; to: number; subscribed?: boolean },
  each: (now: number) => void = () => {},
): string[] {
  const verdicts: string[] = [];
  for (let now = from; now <= to; now += 1000) {
    verdicts.push(diagnosis.look(now, subscribed));
    each(now);
  }
  return verdicts;
}

describe('diagnosis by probes', () => {
  test('probes that are answered and heard are well', () => {
    const diagnosis = new Diagnosis(1000, 0);
    const verdicts = looks(diagnosis, { from: 1000, to: 60_000 }, (now) => {
      diagnosis.answered(false, now + 1);
      diagnosis.heard();
    });
    assert.deepEqual(new Set(verdicts), new Set(['well']));
  });

  test('answered but not heard for two intervals is deaf, and then again has two intervals', () => {
    const diagnosis = new Diagnosis(1000, 0);
    const verdicts = looks(diagnosis, { from: 1000, to: 7000 }, (now) => diagnosis.answered(false, now));
    assert.deepEqual(verdicts, ['well', 'well', 'deaf', 'well', 'deaf', 'well', 'deaf']);
  });

  test('a probe that was written to nobody is deaf at the next look', () => {
    const diagnosis = new Diagnosis(1000, 0);
    diagnosis.answered(true, 10);
    assert.equal(diagnosis.look(1000, true), 'deaf');
  });

  test('a probe that was written to nobody and yet heard has come by way of another Redis', () => {
    const diagnosis = new Diagnosis(1000, 0);
    diagnosis.answered(true, 10);
    diagnosis.heard();
    assert.equal(diagnosis.look(1000, true), 'deaf');
  });

  test('a probe that was written to nobody means nothing once the listen connection got ahead', () => {
    const diagnosis = new Diagnosis(1000, 0);
    diagnosis.answered(true, 10);
    diagnosis.progressed();
    assert.equal(diagnosis.look(1000, true), 'well');
  });

  test('who is not subscribed yet need not hear, but gets on within ten seconds', () => {
    const diagnosis = new Diagnosis(1000, 0);
    const verdicts = looks(diagnosis, { from: 0, to: 10_000, subscribed: false }, (now) =>
      diagnosis.answered(false, now),
    );
    assert.deepEqual(verdicts, [...Array(10).fill('well'), 'deaf']);
  });

  test('a Redis that does not answer is left alone for ten seconds, then it is gone', () => {
    const diagnosis = new Diagnosis(1000, 0);
    diagnosis.answered(false, 0);
    const verdicts = looks(diagnosis, { from: 1000, to: 11_000 }, (now) => diagnosis.unanswered(now));
    assert.deepEqual(verdicts, [...Array(10).fill('well'), 'gone']);
    assert.equal(diagnosis.look(12_000, true), 'well');
  });

  test('a Redis that answers again is not gone', () => {
    const diagnosis = new Diagnosis(1000, 0);
    looks(diagnosis, { from: 1000, to: 9000 }, (now) => diagnosis.unanswered(now));
    diagnosis.answered(false, 9500);
    diagnosis.heard();
    diagnosis.unanswered(10_000);
    assert.deepEqual(new Set(looks(diagnosis, { from: 10_000, to: 19_000 })), new Set(['well']));
  });

  test('after a look that came late, by our own fault, nobody is called deaf', () => {
    const diagnosis = new Diagnosis(1000, 0);
    diagnosis.look(1000, true);
    diagnosis.answered(false, 1001);
    assert.equal(diagnosis.look(4500, true), 'well');
  });
});
