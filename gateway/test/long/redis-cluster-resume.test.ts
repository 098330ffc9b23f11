import { after, afterEach, before, describe, type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { slotOf } from '../../src/broker/redis/cluster/hash-slot.js';
import { Names } from '../../src/broker/redis/names.js';
import { Cluster } from '../support/cluster.js';
import { keepEvidence } from '../support/evidence.js';
import { longHistory } from '../support/long-history.js';
import { RedisCluster } from '../support/redis-cluster.js';
import type { RoamingTab } from '../support/roaming-tab.js';
import { until } from '../support/until.js';

const names = new Names('tabcast');
const channel = 'group:red';
const slot = slotOf(names.channel(channel));
const [head] = names.history(channel);

describe('F8: tabs that resume while a slot of a Redis Cluster moves', { timeout: 100_000 }, () => {
  let redis: RedisCluster;
  let cluster: Cluster;
  before(async () => {
    redis = await RedisCluster.start();
    cluster = await Cluster.start({ ...longHistory, REDIS_URL: redis.url });
  });
  afterEach((t) => keepEvidence(t, cluster));
  after(async () => {
    await cluster.close();
    await redis.close();
  });

  test('at every step they get what they missed, in order and once, from whichever master has it', async (t) => {
    const source = await redis.ownerOf(slot);
    const target = redis.servers.find((server) => server !== source)!;
    // So that each gateway keeps one at least.
    const [first, second, third, fourth] = cluster.tabs;
    const next = turns([first!, third!, second!, fourth!]);
    for (const [from, to] of [[source, target] as const, [target, source] as const]) {
      for await (const step of redis.migration(slot, from, to, head)) await comeBack(next(), step, t);
      await cluster.flowing();
    }
    await cluster.expectExact();
    cluster.expectHealthy();
  });
});

/**
 * A tab loses its connection, and has asked for what it missed when this resolves. As long as a channel is in two places
 * (TRYAGAIN) it cannot be answered, and has to wait for the next step.
 */
async function comeBack(tab: RoamingTab, step: string, t: TestContext): Promise<void> {
  const before = tab.connections.length;
  tab.drop();
  const isTorn = step === 'one key has moved';
  await until(`a tab to come back when ${step}`, () => {
    if (tab.connections.length === before) return false;
    return isTorn ? tab.connection.socket.readyState === WebSocket.OPEN : tab.welcomed;
  });
  t.diagnostic(`${step}: ${tab.welcomed ? 'welcome' : 'waiting'}`);
}

function turns<T>(ring: readonly T[]): () => T {
  let index = 0;
  return () => ring[index++ % ring.length]!;
}
