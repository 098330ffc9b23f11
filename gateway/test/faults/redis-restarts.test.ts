import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { channels, expectNewEpoch, expectTold, recoveredIn } from '../support/epochs.js';
import { killed, rolledBack } from '../support/redis-rows.js';
import { expectExact, expectExactAndConnected, type Row, undergoRow } from '../support/row.js';
import type { Scene } from '../support/scene.js';

/** Redis comes back with the data that it had, or with some of it. Rows of the fault matrix: see docs/guarantees.md. */

describe('F3: Redis is killed, and comes back with its data', { timeout: 110_000 }, () => {
  const judge = async (scene: Scene) => {
    await expectExactAndConnected(scene);
    expectNewEpoch(scene.cluster);
    expectTold(scene.cluster.tabs);
  };

  for (const away of [300, 4000])
    test(`after ${away} ms: no tab loses its connection, and all go on in a new epoch`, (t) =>
      undergoRow(t, killed(away), judge));

  test('but for what it had not written yet: no position means two things', async (t) => {
    const torn: Row = {
      ...killed(0),
      happen: async ({ cluster }) => {
        await cluster.redis.kill();
        await cluster.redis.tear(32_768);
        await cluster.redis.restart();
      },
    };
    await undergoRow(t, torn, judge);
  });
});

describe('F4: Redis comes back with older data', { timeout: 110_000 }, () => {
  for (const lost of [10, 49, 51, 100])
    test(`without the last ${lost} of each stream: every tab is told, whenever it comes back`, (t) =>
      undergoRow(t, rolledBack(lost), async (scene) => {
        await expectExact(scene);
        const { cluster } = scene;
        expectNewEpoch(cluster);
        expectTold(cluster.tabs);
        const [, , , late] = cluster.tabs;
        assert.deepEqual(
          cluster.tabs.map(({ connections }) => connections.length),
          [1, 2, 1, 2],
        );
        for (const channel of channels) assert.equal(recoveredIn(late!)?.[channel], false, channel);
      }));
});
