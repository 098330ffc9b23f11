import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chanceToGo } from '../../src/leaving/age.js';
import { Random } from '../support/random.js';

/** The age in s at which each of so many tabs goes. */
function agesAtClose(count: number, maxAge: number, startAge = 0): number[] {
  const random = new Random(maxAge).part;
  return Array.from({ length: count }, () => {
    for (let age = startAge; ; age++) if (random() < chanceToGo(age, maxAge)) return age;
  });
}

describe('the maximum age', () => {
  const ages = agesAtClose(4000, 3600).toSorted((a, b) => a - b);

  test('is reached between 75 and 125 % of it, each age as likely', () => {
    assert.ok(ages[0]! >= 2700, `${ages[0]}`);
    const uniform = ages.map((age) => Math.min(1, (age - 2700) / 1800));
    const furthest = Math.max(...uniform.map((part, index) => Math.abs(part - index / ages.length)));
    // 1.63 / √4000 is the bound of Kolmogorov and Smirnov at 1 %; the tail adds a part in thirty to it, at its end only.
    assert.ok(furthest < 0.026 + 1 / 30, `${furthest}`);
  });

  test('is exceeded by one in thirty, and never by much', () => {
    const late = ages.filter((age) => age > 4500).length / ages.length;
    assert.ok(late > 0 && late < 0.04, `${late}`);
    assert.ok(ages.at(-1)! < 5200, `${ages.at(-1)}`);
  });

  test('long overdue tabs do not go all at once', () => {
    const overdue = agesAtClose(1000, 3600, 10_000);
    const inFirstSeconds = overdue.filter((age) => age < 10_006).length;
    assert.ok(inFirstSeconds < 150, `${inFirstSeconds} of 1000 within 6 s`);
  });

  test('of a few seconds works too', () => {
    assert.equal(chanceToGo(1, 2), 0);
    assert.equal(chanceToGo(2, 2), 1);
  });
});
