import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { type Attempt, Breaker } from '../../src/backend/webhook/breaker.js';

describe('the breaker', () => {
  let now: number;
  let breaker: Breaker;

  beforeEach(() => {
    now = 0;
    breaker = new Breaker(() => now);
  });

  function begin(): Attempt {
    const attempt = breaker.begin();
    assert.ok(attempt, 'the breaker let nothing through');
    return attempt;
  }

  function fail(times: number): void {
    for (let n = 0; n < times; n++) begin().ended(false);
  }

  test('opens after ten failures in a row, and then lets nothing through', () => {
    fail(9);
    assert.equal(breaker.open, false);
    fail(1);
    assert.equal(breaker.open, true);
    now = 999;
    assert.equal(breaker.begin(), undefined);
  });

  test('one success in between begins the count anew', () => {
    fail(9);
    begin().ended(true);
    fail(9);
    assert.equal(breaker.open, false);
  });

  test('after its rest one request goes, and while that is on its way no other', () => {
    fail(10);
    now = 1000;
    const probe = begin();
    assert.equal(breaker.begin(), undefined);
    probe.ended(true);
    assert.equal(breaker.open, false);
    begin();
  });

  test('its rest doubles while probes fail, up to ten seconds, and is short again after it healed', () => {
    fail(10);
    for (const rest of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
      now += rest - 1;
      assert.equal(breaker.begin(), undefined);
      now += 1;
      begin().ended(false);
    }
    now += 10_000;
    begin().ended(true);
    fail(10);
    now += 1000;
    begin();
  });

  test('what was on its way when it opened can close it, but not open it anew', () => {
    const [late, later] = [begin(), begin()];
    fail(10);
    now = 1000;
    const probe = begin();
    late.ended(false);
    assert.equal(breaker.begin(), undefined, 'the probe is still on its way');
    later.ended(true);
    assert.equal(breaker.open, false);
    probe.ended(false);
    assert.equal(breaker.open, false);
  });
});
