import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  describeWorkload,
  destinationsOf,
  offeredBy,
  parseWorkload,
  streamOf,
  userOf,
} from '../../src/compare/workload.js';

describe('parseWorkload', () => {
  test('reads kind, rate and tabs', () => {
    const text = 'users:20000:10000';
    assert.deepEqual(parseWorkload(text), { text, kind: 'users', perSecond: 20_000, tabs: 10_000 });
  });

  for (const text of ['users', 'users:1', 'groups:1:1', 'users:0:1', 'users:1:1:1', 'users:1.5:1'])
    test(`refuses "${text}" and says what was expected`, () => {
      assert.throws(() => parseWorkload(text), { name: 'RangeError', message: /expected users\|broadcast/ });
    });
});

describe('a workload', () => {
  test('of users goes to each user that has a tab', () => {
    const workload = parseWorkload('users:10:5');
    const destinations = destinationsOf(workload);
    assert.deepEqual(destinations, [{ user: 'u0' }, { user: 'u1' }, { user: 'u2' }]);
    for (let tab = 0; tab < 5; tab++)
      assert.deepEqual(destinations[streamOf(workload, tab)], { user: userOf(tab) });
  });

  test('of a broadcast goes to all, which every tab is in', () => {
    const workload = parseWorkload('broadcast:1:5');
    assert.deepEqual(destinationsOf(workload), [{ all: true }]);
    assert.equal(streamOf(workload, 4), 0);
  });

  test('asks for a delivery to each tab that a message is for', () => {
    assert.equal(offeredBy(parseWorkload('users:5000:1000')), 10_000);
    assert.equal(offeredBy(parseWorkload('broadcast:500:1000')), 500_000);
  });

  test('is put in words', () => {
    assert.equal(
      describeWorkload(parseWorkload('users:20000:10000')),
      '20,000 messages a second, each to one user in turn, with 2 tabs each; 10,000 tabs',
    );
  });
});
