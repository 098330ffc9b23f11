import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePosition, type Welcome } from '@tabcast/shared';
import type { Cluster } from '../support/cluster.js';
import { killed, rolledBack } from '../support/redis-rows.js';
import type { RoamingTab } from '../support/roaming-tab.js';
import { expectExact, expectExactAndConnected, type Row, undergoRow } from '../support/row.js';
import type { Scene } from '../support/scene.js';

/** Redis comes back with the data that it had, or with some of it. Rows of the fault matrix: see docs/guarantees.md. */

/** The channels that something is sent to. */
const channels = ['all', 'group:red', 'user:ann'];

/** The epochs in which a tab got something of a channel, in order. */
function epochsOf({ frames }: RoamingTab, channel: string): string[] {
  const positions = frames.filter(({ action, at }) => action === 'count' && at?.[0] === channel);
  return [...new Set(positions.map(({ at }) => parsePosition(at![1]!)!.epoch))];
}

/** Every tab went from one epoch to a single other one, in each channel. */
function expectNewEpoch({ tabs }: Cluster): void {
  for (const tab of tabs)
    for (const channel of channels) {
      const epochs = epochsOf(tab, channel);
      assert.equal(epochs.length, 2, `${channel}: ${epochs}`);
      assert.ok(BigInt(epochs[1]!) > BigInt(epochs[0]!), `${channel}: ${epochs}`);
    }
}

/** What its welcome says to a tab of the channels that it wanted to resume. */
function recoveredIn({ connection }: RoamingTab): Welcome['recovered'] {
  return (connection.frames[0]!.details[0] as Welcome).recovered;
}

/** Every tab was told once on its present connection, in each channel: by its welcome, or later. */
function expectTold(tabs: readonly RoamingTab[]): void {
  for (const tab of tabs)
    for (const channel of channels) {
      const { frames } = tab.connection;
      const gaps = frames.filter(({ action, at }) => action === 'sys/gap' && at![0] === channel);
      const isLost = recoveredIn(tab)?.[channel] === false;
      assert.equal(gaps.length + Number(isLost), 1, channel);
    }
}

describe('F3: Redis is killed, and comes back with its data', { timeout: 60_000 }, () => {
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

describe('F4: Redis comes back with older data', { timeout: 60_000 }, () => {
  for (const lost of [10, 49, 51, 100])
    test(`without the last ${lost} of each stream: every tab is told, whenever it comes back`, (t) =>
      undergoRow(t, rolledBack(lost), async (scene) => {
        await expectExact(scene);
        const { cluster } = scene;
        expectNewEpoch(cluster);
        expectTold(cluster.tabs);
        const [, early, , late] = cluster.tabs;
        for (const { connections } of [early!, late!]) assert.equal(connections.length, 2);
        for (const channel of channels) assert.equal(recoveredIn(late!)?.[channel], false, channel);
      }));
});
