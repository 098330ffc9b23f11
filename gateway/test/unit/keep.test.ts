import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepBy } from '../../src/fanout/keep.js';

const options = {
  ...{ historyUserSize: 1, historyUserAge: 2, historyGroupSize: 3, historyGroupAge: 4 },
  ...{ historyRegisteredSize: 5, historyRegisteredAge: 6, historyAllSize: 0, historyAllAge: 8 },
  latestChannels: [],
};
const keepFor = keepBy(options);

test('each kind of channel keeps what its options say, and nothing where the size is 0', () => {
  assert.deepEqual(keepFor('user'), { size: 1, age: 2000 });
  assert.deepEqual(keepFor('group'), { size: 3, age: 4000 });
  assert.deepEqual(keepFor('registered'), { size: 5, age: 6000 });
  assert.equal(keepFor('all'), undefined);
});

test('what gateways tell each other is never kept', () => {
  assert.equal(keepFor('gateway'), undefined);
  assert.equal(keepFor('gateways'), undefined);
});

test('where only the latest counts, nothing is kept', () => {
  const keepsOthers = keepBy({ ...options, latestChannels: ['user', 'registered'] });
  assert.deepEqual(
    (['user', 'group', 'registered', 'all'] as const).map((kind) => keepsOthers(kind)),
    [undefined, { size: 3, age: 4000 }, undefined, undefined],
  );
});
