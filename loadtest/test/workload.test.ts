import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { channelOfTab, channelsOf, defaultWorkloads, parseWorkload, userOf } from '../src/workload.js';

describe('parseWorkload', () => {
  test('reads kind, rate and tabs', () => {
    assert.deepEqual(parseWorkload('users:20000:10000'), { kind: 'users', perSecond: 20_000, tabs: 10_000 });
    for (const text of defaultWorkloads) assert.ok(parseWorkload(text).tabs > 0);
  });

  for (const text of ['users', 'users:1', 'groups:1:1', 'users:0:1', 'users:1:1:1', 'users:1.5:1'])
    test(`refuses "${text}" and says what was expected`, () => {
      assert.throws(() => parseWorkload(text), { name: 'RangeError', message: /expected users\|broadcast/ });
    });
});

describe('channels', () => {
  test('of users are those of the users that the tabs belong to', () => {
    const workload = parseWorkload('users:1:5');
    const channels = channelsOf(workload);
    assert.deepEqual(channels, ['user:u0', 'user:u1', 'user:u2']);
    for (let tab = 0; tab < 5; tab++)
      assert.equal(channels[channelOfTab(workload, tab)], `user:${userOf(tab)}`);
  });

  test('of a broadcast are the one that all tabs are in', () => {
    const workload = parseWorkload('broadcast:1:5');
    assert.deepEqual(channelsOf(workload), ['all']);
    assert.equal(channelOfTab(workload, 4), 0);
  });
});
