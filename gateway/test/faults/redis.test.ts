import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from '../support/cluster.js';
import { longHistory } from '../support/long-history.js';
import { withoutPositions } from '../support/receipt.js';
import { TestTab, tokenFor } from '../support/tab.js';
import type { BatchAnswer } from '../support/traffic.js';
import { until } from '../support/until.js';

/**
 * What becomes of two gateways, their tabs and the traffic to them when Redis dies, freezes, or cuts its subscribers off.
 * What is measured is written as a diagnostic; no test fails because of a clock.
 */

/** Refusals that every stream has to collect while Redis is away. Had each waited for Redis, it would take a minute. */
const refusals = 50;

describe('Redis under traffic', { timeout: 120_000 }, () => {
  let cluster: Cluster;

  beforeEach(async () => {
    cluster = await Cluster.start(longHistory);
  });
  afterEach(() => cluster.close());

  /** Waits until every stream was refused again and again, and looks at how. */
  async function expectRefusals(): Promise<void> {
    for (const { name, answers } of cluster.traffic.streams) {
      await until(`${name} to be refused`, () => answers.filter(isRefusal).length >= refusals);
      const [first, ...others] = answers.slice(answers.findIndex(isRefusal));
      assert.match(first!.code!, /^(outcome-unknown|broker-unavailable)$/);
      // Whoever waits for Redis cannot say more than that the outcome is unknown.
      for (const { code } of others) assert.equal(code, 'broker-unavailable');
      for (const { retryAfter } of [first!, ...others]) assert.equal(retryAfter, '1');
    }
  }

  /** Says how long it took until every stream was accepted, and every tab heard, again. */
  async function recovery(t: TestContext, since: number): Promise<void> {
    await cluster.flowing(1);
    await cluster.heard();
    t.diagnostic(`accepted and heard again after ${Math.round(performance.now() - since)} ms`);
    await cluster.flowing();
  }

  /** Compares everything that was sent with everything that arrived. */
  async function expectExact(t: TestContext): Promise<void> {
    cluster.expectConnected();
    await cluster.expectExact();
    cluster.expectHealthy();
    t.diagnostic(cluster.counts());
  }

  async function metrics(name: string): Promise<(number | undefined)[]> {
    return Promise.all(cluster.gateways.map((gateway) => gateway.metric(name)));
  }

  test('killed and started again: refused at once, healed by itself, nothing lost or doubled', async (t) => {
    await cluster.traffic.expose(() => cluster.redis.kill());
    await expectRefusals();
    assert.deepEqual(await metrics('tabcast_broker_live'), [0, 0]);
    await cluster.redis.restart();
    await recovery(t, performance.now());
    assert.deepEqual(await metrics('tabcast_broker_live'), [1, 1]);
    assert.deepEqual(await metrics('tabcast_broker_losses_total'), [1, 1]);
    await expectExact(t);
  });

  test('frozen for 5 s: refused after one timeout, and nobody gives up a connection', async (t) => {
    const thaw = pause(5000);
    const connections = await cluster.redis.connectionsReceived();
    cluster.redis.stop();
    await expectRefusals();
    await thaw;
    cluster.redis.cont();
    await recovery(t, performance.now());
    // Asking is a connection too.
    assert.equal((await cluster.redis.connectionsReceived()) - connections - 1, 0);
    await expectExact(t);
    cluster.expectNothingTold();
  });

  test('subscribers cut off: subscribed again, and the receipts tell the truth meanwhile', async (t) => {
    await cluster.traffic.expose(() => cluster.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    const since = performance.now();
    await until('both gateways to notice', async () =>
      (await metrics('tabcast_broker_losses_total')).every((losses) => losses === 1),
    );
    await recovery(t, since);
    assert.deepEqual(await metrics('tabcast_broker_live'), [1, 1]);
    await expectExact(t);
    cluster.expectNothingTold();
  });

  test('a tab that connects meanwhile is welcomed when Redis is back, and answered only then', async (t) => {
    await cluster.traffic.expose(() => cluster.redis.kill());
    const tab = TestTab.connect(cluster.gateways[0].socketUrl, { token: await tokenFor('late') });
    await new Promise((resolve) => tab.socket.once('open', resolve));
    tab.send('early', [], 1);
    const pong = new Promise((resolve) => tab.socket.once('pong', resolve));
    tab.socket.ping();
    await pong;
    assert.deepEqual(tab.frames, []);
    await cluster.redis.restart();
    assert.equal((await tab.welcome()).user, 'late');
    assert.deepEqual(await tab.next('early:error'), {
      ...{ action: 'early:error', re: 1 },
      details: [404, 'Nothing handles early'],
    });
    await cluster.flowing();
    const answer = await cluster.gateways[1].send({ to: { user: 'late' }, action: 'hi' });
    assert.deepEqual(withoutPositions(await answer.json()), { 'user:late': { gateways: 1 } });
    await tab.next('hi');
    await tab.close();
    await expectExact(t);
  });
});

function isRefusal({ status }: BatchAnswer): boolean {
  return status === 503;
}
