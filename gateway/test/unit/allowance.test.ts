import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Allowance, flowsOf } from '../../src/limits/allowance.js';
import { Bucket } from '../../src/limits/bucket.js';

describe('token bucket', () => {
  const flow = { rate: 10, burst: 40 };
  /** How many of so many tries pass at one moment. */
  const passing = (bucket: Bucket, now: number, tries = 100) =>
    Array.from({ length: tries }, () => bucket.take(1, now)).filter(Boolean).length;

  test('a fresh one lets a burst through, and then as much as flows in', () => {
    const bucket = new Bucket(flow, 0);
    assert.equal(passing(bucket, 0), 40);
    assert.equal(passing(bucket, 99), 0);
    assert.equal(passing(bucket, 100), 1);
    assert.equal(passing(bucket, 1100), 10);
  });

  test('a long pause fills it, and no more', () => {
    const bucket = new Bucket(flow, 0);
    assert.equal(passing(bucket, 0), 40);
    assert.equal(passing(bucket, 3_600_000), 40);
  });

  test('what was not let through takes nothing', () => {
    const bucket = new Bucket(flow, 0);
    assert.equal(bucket.take(30, 0), true);
    assert.equal(bucket.take(11, 0), false);
    assert.equal(bucket.take(10, 0), true);
  });

  test('more than a burst passes when it is full, and is paid for afterwards', () => {
    const bucket = new Bucket(flow, 0);
    assert.equal(bucket.take(60, 0), true);
    assert.equal(bucket.take(1, 2000), false);
    assert.equal(bucket.take(1, 2100), true);
    assert.equal(bucket.take(60, 2100), false);
  });

  test('over an hour of trying without end it lets through what flows in and the burst', () => {
    const bucket = new Bucket(flow, 0);
    let passed = 0;
    for (let now = 0; now < 3_600_000; now += 7) if (bucket.take(1, now)) passed++;
    assert.ok(Math.abs(passed - (36_000 + 40)) <= 1, `${passed}`);
  });
});

describe('what a tab may send', () => {
  const flows = flowsOf({ messages: 5, bytes: 1000, joins: 0 });

  test('each limit counts for itself, and zero is none', () => {
    const allowance = new Allowance(flows);
    assert.equal(allowance.take('bytes', 4000, 0), true);
    assert.equal(allowance.take('bytes', 1, 0), false);
    for (let count = 0; count < 20; count++) assert.equal(allowance.take('messages', 1, 0), true);
    assert.equal(allowance.take('messages', 1, 0), false);
    for (let count = 0; count < 1000; count++) assert.equal(allowance.take('joins', 1, 0), true);
  });

  /** When the refusals at these moments are too much, if ever. */
  const endOf = (moments: readonly number[]) => {
    const allowance = new Allowance(flows);
    return moments.find((now) => allowance.refused(now));
  };
  const every = (step: number, until: number) =>
    Array.from({ length: Math.floor(until / step) + 1 }, (_, index) => index * step);

  test('refusals may go on for five seconds', () => {
    assert.equal(endOf(every(100, 60_000)), 5000);
    assert.equal(endOf(every(2000, 60_000)), 6000);
  });

  test('a pause of more than two seconds makes a new start', () => {
    assert.equal(endOf(every(2001, 3_600_000)), undefined);
    assert.equal(endOf([...every(100, 4900), ...every(100, 4900).map((now) => now + 7000)]), undefined);
  });

  test('the thousandth refusal is the last one, however quickly they come', () => {
    const allowance = new Allowance(flows);
    const verdicts = Array.from({ length: 1000 }, () => allowance.refused(0));
    assert.equal(verdicts.indexOf(true), 999);
  });
});
