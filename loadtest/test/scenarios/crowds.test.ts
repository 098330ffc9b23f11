import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { audience, type Crowd, circles, users } from '../../src/scenarios/crowds.js';
import { tabsPerStream } from '../../src/scenarios/opening.js';

const sizes = ({ guests, destinations }: Crowd) => tabsPerStream(guests, destinations.length);

describe('crowds', () => {
  test('an audience shares one stream', () => {
    assert.deepEqual(sizes(audience(3)), [3]);
    assert.deepEqual(audience(3).destinations, [{ all: true }]);
  });

  test('users have a stream for their tabs; the last gets what is left', () => {
    const crowd = users(5, 2);
    assert.deepEqual(sizes(crowd), [2, 2, 1]);
    for (const { user, streams } of crowd.guests) assert.deepEqual(crowd.destinations[streams[0]!], { user });
  });

  test('circles are as large as asked for, and every tab is in as many', () => {
    for (const [tabs, size, groupsPerTab] of [
      [60, 20, 3],
      [100, 10, 4],
      [7, 2, 2],
      [5, 10, 3],
      [1, 1, 1],
    ] as const) {
      const crowd = circles(tabs, size, groupsPerTab);
      const layers = Math.ceil(tabs / size);
      const layer = Array.from({ length: layers }, (_, group) => Math.min(size, tabs - group * size));
      assert.deepEqual(sizes(crowd), Array.from({ length: groupsPerTab }, () => layer).flat());
      for (const { groups, streams } of crowd.guests) {
        assert.equal(new Set(streams).size, groupsPerTab);
        assert.deepEqual(
          groups!.map((group) => ({ group })),
          streams.map((stream) => crowd.destinations[stream]),
        );
      }
    }
  });

  test('tabs that share their first circle meet others in the second', () => {
    const { guests } = circles(100, 10, 2);
    const second = guests.slice(0, 10).map(({ streams }) => streams[1]);
    assert.ok(new Set(second).size > 5);
  });
});
