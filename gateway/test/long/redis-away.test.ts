import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leaseTime } from '../../src/broker/registry.js';
import { watcher } from '../support/application.js';
import { expectNewEpoch, expectTold } from '../support/epochs.js';
import { killed } from '../support/redis-rows.js';
import { knownAs } from '../support/roster.js';
import { expectExactAndConnected, type Row, undergoRow } from '../support/row.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** Redis is away for longer than any gateway counts as alive. A row of the fault matrix, see docs/guarantees.md. */
describe('F3: Redis is killed, and comes back long after', { timeout: 120_000 }, () => {
  const application = fileURLToPath(new URL('../support/application.js', import.meta.url));
  const away = killed(leaseTime + 5000);

  test('every tab stays and is told, every gateway is on the roster, and nobody who stayed was offline', async (t) => {
    let watching!: TestTab;
    const open = async (user: string, url: string) => TestTab.open(url, { token: await tokenFor(user) });
    const hasHeard = ({ frames }: TestTab, wanted: string) => frames.some(({ action }) => action === wanted);
    const row: Row = {
      ...away,
      options: { HANDLERS: application, OFFLINE_DELAY: '1500' },
      happen: async (scene) => {
        watching = await open(watcher, scene.cluster.gateways[0].socketUrl);
        // What is told of its own coming must not be under way any more.
        for (const action of ['came', 'online']) await until(action, () => hasHeard(watching, action));
        await away.happen(scene);
      },
    };
    await undergoRow(t, row, async (scene) => {
      const { gateways, tabs } = scene.cluster;
      await knownAs(2, gateways);
      for (const gateway of gateways) assert.equal(await gateway.metric('tabcast_broker_live'), 1);
      // Whoever was taken for offline at the return is told of before this one.
      await (await open('a newcomer', gateways[1].socketUrl)).close();
      for (let user: unknown; user !== 'a newcomer'; ) [user] = (await watching.next('offline')).details;
      const offline = watching.frames.filter(({ action }) => action === 'offline');
      assert.deepEqual(
        offline.map(({ details: [user] }) => user),
        ['a newcomer'],
      );
      watching.socket.terminate();
      await expectExactAndConnected(scene);
      expectNewEpoch(scene.cluster);
      expectTold(tabs);
    });
  });
});
