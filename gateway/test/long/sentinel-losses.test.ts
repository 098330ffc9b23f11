import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { positionsAfter } from '../support/events.js';
import { expectToldOnce, followed, stopwatch, WatchedCluster } from '../support/failover.js';
import { GatewayProcess } from '../support/gateway.js';
import type { RedisServer } from '../support/redis.js';
import { follow } from '../support/sentinels.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** Sends of each stream that the master acknowledges and no replica gets. */
const unseen = 50;

/** What a Redis says about a promotion. It is part of the fence: see history-scripts.ts. */
async function markOf(server: RedisServer): Promise<number> {
  const info = String(await server.cli('INFO', 'replication'));
  return Number(/second_repl_offset:(-?\d+)/.exec(info)![1]);
}

describe('F6: a failover that loses what was acknowledged', { timeout: 90_000 }, () => {
  const watched = new WatchedCluster(2);
  let first: RedisServer;
  beforeEach(async () => {
    first = await watched.sentinels.master();
  });

  /** From now on no replica gets anything. Sentinels would mend it, but not within 5 s. */
  async function detachReplicas(): Promise<void> {
    for (const server of watched.sentinels.servers) if (server !== first) await follow(server, 1);
  }

  test('every tab is told, and no position is used again', async (t) => {
    const token = await tokenFor('ann', { groups: ['red'] });
    const away = await TestTab.open(watched.cluster.gateways[0].socketUrl, { token });
    await until('it to hear something', () => away.frames.length > 50);
    await away.close();
    const resume = positionsAfter(away.frames);
    await detachReplicas();
    await watched.cluster.traffic.accepted(unseen);
    await first.kill();
    const tell = stopwatch(t);
    // While nothing is known of a new master.
    watched.cluster.tabs[0]!.drop();
    watched.cluster.tabs[3]!.drop();
    const returning = TestTab.connect(watched.cluster.gateways[1].socketUrl, { token, resume });
    const late = GatewayProcess.launch({ REDIS_URL: watched.sentinels.url });
    t.after(() => late.kill());
    await followed({ ...watched, from: first }, tell);
    const { recovered } = await returning.welcome();
    // Where it came before its gateway knew, it hears it with all others.
    const isTold = (channel: string) =>
      recovered![channel] === false ||
      returning.frames.some(({ action, at }) => action === 'sys/gap' && at?.[0] === channel);
    await until('it to be told', () => Object.keys(resume).every(isTold));
    await late.listening();
    tell('a gateway that was started in between');
    await watched.cluster.expectExact();
    await expectToldOnce(watched.cluster.tabs);
    await returning.close();
    watched.cluster.expectHealthy();
  });

  test('the successor is lost as well: its own successor, which has followed two masters, begins anew', async (t) => {
    const epochs = [epoch()];
    await first.kill();
    const second = await followed({ ...watched, from: first }, stopwatch(t));
    epochs.push(epoch());
    const last = watched.sentinels.servers.find((server) => server !== first && server !== second)!;
    await until('the other replica to follow', async () => (await markOf(last)) > 0);
    const mark = await markOf(last);
    await second.kill();
    assert.equal(await followed({ ...watched, from: second }, stopwatch(t)), last);
    assert.notEqual(await markOf(last), mark);
    epochs.push(epoch());
    assert.equal(new Set(epochs).size, 3);
    watched.cluster.expectConnected();
    await watched.cluster.expectExact();
    await expectToldOnce(watched.cluster.tabs, 2);
    watched.cluster.expectHealthy();
  });

  /** Of the last send that was accepted. */
  function epoch(): string {
    const { position } = watched.cluster.traffic.streams[0]!.sends.findLast(
      ({ outcome }) => outcome === 'accepted',
    )!;
    return parsePosition(position!)!.epoch;
  }
});
