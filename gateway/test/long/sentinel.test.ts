import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cluster } from '../support/cluster.js';
import {
  connectionsAt,
  expectToldOnce,
  flowingAgain,
  followed,
  stopwatch,
  WatchedCluster,
} from '../support/failover.js';
import type { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

async function live({ gateways }: Cluster): Promise<boolean> {
  const states = await Promise.all(gateways.map((gateway) => gateway.metric('tabcast_broker_live')));
  return states.every((state) => state === 1);
}

/** Each fault begins when all that was accepted before has arrived: a Redis that stops takes the rest with it. */
describe('F6: a Redis that Sentinels watch', { timeout: 120_000 }, () => {
  const watched = new WatchedCluster();

  test('a master that is killed is followed to its successor, and back again', async (t) => {
    const first = await watched.sentinels.master();
    let second!: RedisServer;
    await watched.cluster.traffic.expose(async () => {
      await watched.cluster.settled();
      await first.kill();
      second = await followed({ ...watched, from: first }, stopwatch(t));
    });
    await first.restart();
    await until(
      'the old master to obey',
      async () => String(await first.cli('ROLE')).startsWith('slave'),
      20_000,
    );
    await watched.cluster.traffic.expose(async () => {
      await watched.cluster.settled();
      await second.kill();
      await followed({ ...watched, from: second }, stopwatch(t));
    });
    watched.cluster.expectConnected();
    await watched.cluster.expectExact();
    await expectToldOnce(watched.cluster.tabs, 2);
    watched.cluster.expectHealthy();
  });

  test('a master that is well hands over, while tabs come and go', async (t) => {
    const first = await watched.sentinels.master();
    await watched.cluster.settled();
    await watched.sentinels.forceFailover();
    const tell = stopwatch(t);
    const restless = setInterval(() => watched.cluster.tabs[1]!.drop(), 150);
    t.after(() => clearInterval(restless));
    await watched.sentinels.failedOver(first);
    tell('promotion');
    // Sentinels give it some ten seconds to see by itself that it is master no more, and until then it is one.
    const isLeft = async () => (await connectionsAt(first)).length === 0;
    await until('nobody to be left there', isLeft, 20_000);
    tell('nobody left there');
    clearInterval(restless);
    await flowingAgain(watched.cluster, tell);
    // What a tab is told that it has missed may well be what the ledger waits for.
    await watched.cluster.tabs[1]!.connection.welcome();
    t.diagnostic(`a tab came back ${watched.cluster.tabs[1]!.connections.length - 1} times`);
    await watched.cluster.expectExact();
    // Who comes back at one gateway and then at the other may be told by both.
    await expectToldOnce(watched.cluster.tabs.filter(({ connections }) => connections.length === 1));
    watched.cluster.expectHealthy();
  });

  test('a master that hung is left, also when it comes back to life', async () => {
    const old = await watched.sentinels.master();
    await watched.cluster.traffic.expose(async () => {
      await watched.cluster.settled();
      old.stop();
      await watched.sentinels.failedOver(old);
      // A Redis that says nothing is given ten seconds before its sockets are given up.
      await until('the sockets to be given up', () => live(watched.cluster), 20_000);
      await watched.cluster.flowing();
      old.cont();
      await until(
        'the old master to obey',
        async () => String(await old.cli('ROLE')).startsWith('slave'),
        20_000,
      );
      await until('nobody to be left there', async () => (await connectionsAt(old)).length === 0);
      await watched.cluster.flowing();
    });
    watched.cluster.expectConnected();
    await watched.cluster.expectExact();
    await expectToldOnce(watched.cluster.tabs);
    const moved = await connectionsAt(await watched.sentinels.master());
    for (const role of ['command', 'listen'])
      assert.equal(moved.filter((connection) => connection === role).length, 2);
    watched.cluster.expectHealthy();
  });

  test('a Sentinel that is gone is not missed', async () => {
    await watched.sentinels.killOne();
    const first = await watched.sentinels.master();
    await watched.cluster.traffic.expose(async () => {
      await watched.cluster.settled();
      await first.kill();
      await watched.sentinels.failedOver(first);
      await watched.cluster.flowing();
    });
    watched.cluster.expectConnected();
    await watched.cluster.expectExact();
    await expectToldOnce(watched.cluster.tabs);
    watched.cluster.expectHealthy();
  });
});
