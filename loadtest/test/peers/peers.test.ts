import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { peers, peersNamed, yardstick } from '../../peers/all.js';
import { measure } from '../../src/compare/measure.js';
import { parseWorkload } from '../../src/compare/workload.js';
import { RedisServer } from '../../src/target/redis.js';

const times = { warmUp: 0.2, window: 0.3 };
const never = new AbortController().signal;

/** Each peer that is installed delivers what it is sent, to those it is for, once and in order. */
describe('peers', () => {
  for (const peer of peers)
    describe(peer.name, { skip: peer.missing() ?? false }, () => {
      let redis: RedisServer;

      before(async () => {
        redis = await RedisServer.start();
      });

      after(() => redis.stop());

      for (const text of ['users:200:40', 'broadcast:200:40'])
        test(`delivers ${text} exactly`, async () => {
          const target = await peer.start({ redis });
          try {
            const found = await measure(target, parseWorkload(text), times, never);
            const { lost, doubled, late, stray, closed, expected, rate, gatewayCpu } = found;
            assert.ok(expected > 0);
            assert.deepEqual(
              { lost, doubled, late, stray, closed },
              { lost: 0, doubled: 0, late: 0, stray: 0, closed: 0 },
            );
            assert.ok(rate > 0 && gatewayCpu > 0);
          } finally {
            await target.stop();
          }
        });
    });
});

describe('the list of peers', () => {
  test('has names that differ, the yardstick among them', () => {
    const names = peers.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes(yardstick));
  });

  test('is picked from by name, in its own order', () => {
    assert.deepEqual(
      peersNamed(['tabcast', 'raw']).map(({ name }) => name),
      ['raw', 'tabcast'],
    );
    assert.throws(() => peersNamed(['tabcat']), /peer "tabcat": expected raw, floor, /);
  });

  test('says what a reader has to know of each, in its own folder too', () => {
    for (const { name, remarks } of peers) {
      const folder = name.startsWith('socketio') ? 'socketio' : name.split('-')[0]!;
      assert.ok(existsSync(new URL(`../../../peers/${folder}/README.md`, import.meta.url)), name);
      assert.ok(remarks.endsWith('.'), name);
    }
  });
});
