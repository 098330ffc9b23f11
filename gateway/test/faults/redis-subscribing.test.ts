import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Cable } from '../support/cable.js';
import type { Cluster } from '../support/cluster.js';
import { closeScene, openScene } from '../support/scene.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** Groups of each newcomer, as many as a token may name; and how many come at once. */
const [groups, newcomers] = [100, 30];

describe('F3: Redis is killed while a gateway subscribes 3,000 channels', { timeout: 120_000 }, () => {
  let cable: Cable;
  let cluster: Cluster;

  before(async () => {
    ({ cluster, cable } = await openScene({}, { redis: { appendonly: 'yes' } }));
  });
  after(() => closeScene({ cluster, cable }));

  const groupsOf = (newcomer: number) => Array.from({ length: groups }, (_, index) => `${newcomer}-${index}`);

  async function subscribed(): Promise<number> {
    return ((await cluster.redis.cli('PUBSUB', 'CHANNELS', '*')) as string[]).length;
  }

  test('it subscribes all of them, and every group is heard', async (t) => {
    const before = await subscribed();
    // One command takes up to 512 of them, so there is time between the first and the last.
    cable.delay(50);
    const tabs = await Promise.all(
      Array.from({ length: newcomers }, async (_, newcomer) => {
        const token = await tokenFor(`newcomer ${newcomer}`, { groups: groupsOf(newcomer) });
        return TestTab.connect(cluster.gateways[0].socketUrl, { token });
      }),
    );
    await until('some to be subscribed', async () => (await subscribed()) - before > 1000);
    const reached = (await subscribed()) - before;
    await cluster.redis.kill();
    cable.delay(0);
    t.diagnostic(`killed at ${reached} channels`);
    assert.ok(reached < newcomers * groups);
    await cluster.redis.restart();
    const restarted = performance.now();
    for (const [newcomer, tab] of tabs.entries()) {
      const { positions } = await tab.welcome();
      for (const group of groupsOf(newcomer)) assert.ok(positions![`group:${group}`]);
    }
    t.diagnostic(`all tabs welcome after ${Math.round(performance.now() - restarted)} ms`);
    await cluster.flowing();
    for (const [newcomer, tab] of tabs.entries()) {
      const sends = groupsOf(newcomer).map((group) => ({ to: { group }, action: 'hi', details: [group] }));
      assert.equal((await cluster.gateways[1].send(sends)).status, 200);
      // Channels have no order among each other: one that still catches up is heard later.
      const heard: unknown[] = [];
      while (heard.length < groups) heard.push(...(await tab.next('hi')).details);
      assert.deepEqual(heard.sort(), groupsOf(newcomer).sort());
    }
    for (const tab of tabs) await tab.close();
    cluster.expectConnected();
    await cluster.expectExact();
    cluster.expectHealthy();
  });
});
