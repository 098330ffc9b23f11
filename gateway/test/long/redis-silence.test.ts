import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cluster } from '../support/cluster.js';
import { nameOf } from '../support/ledger.js';
import { expectUnnoticed, type Row, undergoRow } from '../support/row.js';

/** Redis does not answer for so long that its connections are given up. Rows of the fault matrix: see docs/guarantees.md. */

/** Of which nobody was told whether they were carried out, and which were. */
function carriedUnseen({ traffic, tabs }: Cluster): string[] {
  const [tab] = tabs;
  const arrived = new Set(tab!.frames.map(({ details: [stream, number] }) => `${stream} ${number}`));
  const unknown = traffic.sends.filter(({ outcome }) => outcome === 'unknown');
  return unknown.map(nameOf).filter((name) => arrived.has(name));
}

/** Of two gateways, in three roles. */
const connections = 6;

function givenUp({ gateways }: Cluster, which: readonly number[]): Promise<unknown> {
  return Promise.all(
    which.map((index) => gateways[index]!.line(({ msg }) => msg.includes('replacing both connections'))),
  );
}

describe('connections to Redis are given up', { timeout: 120_000 }, () => {
  test('F5: because it is frozen; what it carries out when it goes on counts once', async (t) => {
    let before = 0;
    const row: Row = {
      happen: async ({ cluster }) => {
        before = await cluster.redis.connectionsReceived();
        cluster.redis.stop();
        await givenUp(cluster, [0, 1]);
        cluster.redis.cont();
      },
    };
    await undergoRow(t, row, async (scene) => {
      const made = (await scene.cluster.redis.connectionsReceived()) - before - 1;
      t.diagnostic(`${made} connections made instead of ${connections}`);
      assert.ok(made <= 2 * connections, `${made}`);
      await expectUnnoticed(scene);
      const late = carriedUnseen(scene.cluster);
      assert.ok(late.length > 0);
      t.diagnostic(`${late.length} sends carried out late`);
    });
  });

  test('F7: because it answers nothing on the one that publishes', async (t) => {
    const row: Row = {
      repeats: true,
      happen: async ({ cluster, cable }) => {
        cable.swallow(':command');
        await givenUp(cluster, [0]);
      },
    };
    await undergoRow(t, row, async (scene) => {
      await expectUnnoticed(scene);
      assert.ok(carriedUnseen(scene.cluster).length > 0);
      // All that came before an answer was swallowed was carried out: without its key the repetition would have been, too.
      assert.ok(scene.cluster.traffic.repeated > 0);
    });
  });
});
