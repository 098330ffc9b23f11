import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hintOf, openMany } from '../support/leaving-tabs.js';
import { PerTest } from '../support/per-test.js';
import type { TestTab } from '../support/tab.js';
import { until } from '../support/until.js';

/** How tabs go to a gateway that has come later: a few at a time, within a minute. */
describe('tabs that have to move', { timeout: 100_000 }, () => {
  const perTest = new PerTest({ HANDSHAKE_RATE: '100000', HANDSHAKE_BURST: '100000' });
  const start = (options: Record<string, string>) => perTest.start(options);

  test('after a second gateway has come, the idle ones move, a few at a time', async () => {
    const crowded = await start({ REBALANCE: 'true' });
    const going = await openMany(perTest, crowded, 400);
    await start({ REBALANCE: 'true' });
    const busy = going.slice(0, 350);
    for (const tab of busy) tab.send('hello');

    const moved: TestTab[] = [];
    for (const tab of going)
      void tab.closed.then(({ code }) => {
        if (code === 4005) moved.push(tab);
      });
    await until('some to have moved', () => moved.length >= 8, 60_000);
    const shed = await crowded.metric('tabcast_tabs_shed_total');
    assert.ok(shed !== undefined && shed >= 8 && shed < 40, `${shed}`);
    for (const tab of moved) {
      assert.equal(busy.includes(tab), false, 'who has spoken is not idle');
      assert.equal(await hintOf(tab), 5000);
    }
  });
});
