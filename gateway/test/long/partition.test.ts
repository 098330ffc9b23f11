import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Cable } from '../support/cable.js';
import { knownAs } from '../support/roster.js';
import { expectNothingLost, type Row, undergoRow } from '../support/row.js';
import type { Scene } from '../support/scene.js';
import { until } from '../support/until.js';

/**
 * F10: nothing reaches a gateway from Redis any more, or Redis from it, and no connection breaks: it has to find that out. A row of
 * the fault matrix, see docs/guarantees.md. One whose connections break is in liveness.test.ts.
 */

/** A tab of the lone gateway goes elsewhere meanwhile, and comes back to wait there. */
async function leaveAndReturn({ cluster }: Scene): Promise<void> {
  const [, tab] = cluster.tabs;
  tab!.drop();
  await until('it to be elsewhere', () => tab!.connections.length === 2 && tab!.welcomed);
  tab!.drop();
  const asks = () => tab!.connections.length === 3 && tab!.connection.socket.readyState === WebSocket.OPEN;
  await until('it to ask at its gateway', asks);
}

/** @param lasts longer than until the others miss the gateway: until this resolves */
function partition(lasts: (scene: Scene) => Promise<unknown>, end: (cable: Cable) => void): Row {
  return {
    happen: async (scene) => {
      const { cluster, cable } = scene;
      const [lone, other] = cluster.gateways;
      cable.stall();
      await until('the silence to show', async () => (await lone.metric('tabcast_broker_live')) === 0);
      await leaveAndReturn(scene);
      await knownAs(1, [other]);
      await lasts(scene);
      end(cable);
    },
  };
}

async function judge(scene: Scene): Promise<void> {
  const { gateways, tabs } = scene.cluster;
  await knownAs(2, gateways);
  await expectNothingLost(scene);
  assert.deepEqual(
    tabs.map(({ connections }) => connections.length),
    [1, 3, 1, 1],
  );
}

describe('a gateway from which nothing comes or goes to Redis', { timeout: 120_000 }, () => {
  test('until it has given up its connections: what it held arrives, and its tabs read what they missed', (t) => {
    const givenUp = ({ cluster }: Scene) =>
      cluster.gateways[0].line(({ msg }) => msg.includes('replacing both connections'));
    return undergoRow(
      t,
      partition(givenUp, (cable) => cable.resume()),
      judge,
    );
  });

  test('until all of it breaks, and what was held is lost', (t) =>
    undergoRow(
      t,
      partition(
        async () => {},
        (cable) => {
          cable.cut();
          cable.resume();
          cable.heal();
        },
      ),
      judge,
    ));
});
