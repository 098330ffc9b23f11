import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { leaseTime } from '../../src/broker/registry.js';
import type { Cable } from '../support/cable.js';
import type { Cluster } from '../support/cluster.js';
import { GatewayProcess } from '../support/gateway.js';
import { longHistory } from '../support/long-history.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { aliveBy, nodesOf } from '../support/roster.js';
import { closeScene, openScene } from '../support/scene.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** Gateways that die, and gateways that only seem to. */

async function isDegraded(gateway: GatewayProcess): Promise<boolean> {
  const readiness = await gateway.api('/readyz');
  assert.equal(readiness.status, 200);
  return ((await readiness.json()) as { degraded?: true }).degraded === true;
}

function timesSaid(gateways: readonly GatewayProcess[], words: string): number {
  return gateways.flatMap(({ log }) => log).filter(({ msg }) => msg.includes(words)).length;
}

describe('a gateway that is killed', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let victim: GatewayProcess;
  let survivors: GatewayProcess[];

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url };
    [victim, ...survivors] = await Promise.all([
      GatewayProcess.start(options),
      GatewayProcess.start(options),
      GatewayProcess.start(options),
    ]);
  });
  after(async () => {
    for (const gateway of [victim, ...survivors]) await gateway.kill();
    await redis.close();
  });

  test('is off every roster when its lease is over, and its users are gone at once', async (t) => {
    const tab = await TestTab.open(victim.socketUrl, { token: await tokenFor('ann') });
    const [witness] = survivors;
    const countAnn = async () =>
      (
        (await (await witness!.send({ to: { user: 'ann' }, action: 'x' })).json()) as {
          'user:ann': { gateways: number };
        }
      )['user:ann'].gateways;
    for (const survivor of survivors)
      await until('all three', async () => (await aliveBy(survivor)).length === 3);
    assert.equal(await countAnn(), 1);
    const since = performance.now();
    await victim.kill('SIGKILL');
    await tab.closed;
    await until('its users to be gone', async () => (await countAnn()) === 0);
    t.diagnostic(`no receipt counts its users after ${Math.round(performance.now() - since)} ms`);
    const expected = survivors.map(({ id }) => id).toSorted();
    const ages: number[] = [];
    for (const survivor of survivors)
      await until('it to be off the roster', async () => {
        const { gateways } = await nodesOf(survivor);
        ages.push(...gateways.map(({ beatAge }) => beatAge));
        return !gateways.some(({ id }) => id === victim.id);
      });
    assert.ok(Math.max(...ages) < leaseTime, `listed ${Math.max(...ages)} ms after its last beat`);
    t.diagnostic(`off the roster after ${Math.round(performance.now() - since)} ms`);
    for (const survivor of survivors) assert.deepEqual(await aliveBy(survivor), expected);
    await until('the news', () => timesSaid(survivors, 'no longer heard of') > 0);
    const beats = await Promise.all(survivors.map(beatsOf));
    await until('everybody to have beaten again', async () => {
      const now = await Promise.all(survivors.map(beatsOf));
      return now.every((count, index) => count > beats[index]!);
    });
    assert.equal(timesSaid(survivors, 'no longer heard of'), 1, 'exactly one was told');
    assert.equal(await witness!.metric('tabcast_gateways'), 2);
  });

  async function beatsOf(gateway: GatewayProcess): Promise<number> {
    return (await gateway.metric('tabcast_beats_total{outcome="succeeded"}'))!;
  }
});

describe('a gateway that is cut off from Redis', { timeout: 120_000 }, () => {
  const news = ['degraded: cut off', 'no longer degraded'];
  let cable: Cable;
  let cluster: Cluster;

  before(async () => {
    ({ cluster, cable } = await openScene(longHistory));
  });
  after(() => closeScene({ cluster, cable }));

  test('a connection of the registry that has fallen silent is replaced, and nothing else is touched', async () => {
    const [lone, other] = cluster.gateways;
    cable.swallow(`${lone.id}:registry`);
    await until('the silence to show', () => isDegraded(lone));
    assert.equal(await lone.metric('tabcast_broker_live'), 1);
    await until('its return', async () => !(await isDegraded(lone)), 30_000);
    await until('the others to know', async () => (await aliveBy(other)).length === 2);
    assert.equal(await lone.metric('tabcast_broker_losses_total'), 0);
  });

  test('says that it is degraded, keeps its tabs, is off the roster of the others, and returns by itself', async (t) => {
    const [lone, other] = cluster.gateways;
    const all = [lone.id, other.id].toSorted();
    await until('the whole roster', async () => (await aliveBy(lone)).length === 2);
    const before = news.map((words) => timesSaid([lone], words));
    await cluster.traffic.expose(async () => {
      cable.cut();
      await until('the loss', () => isDegraded(lone));
    });
    await until('the others to miss it', async () => (await aliveBy(other)).length === 1);
    assert.deepEqual(await aliveBy(other), [other.id]);
    assert.equal(await isDegraded(other), false);
    const known = await nodesOf(lone);
    assert.equal(known.degraded, true);
    assert.deepEqual(
      known.gateways.map(({ id }) => id),
      all,
      'the last known',
    );
    assert.equal(await lone.metric('tabcast_degraded'), 1);
    cluster.expectConnected();
    const failed = await lone.metric('tabcast_beats_total{outcome="failed"}');
    assert.ok(failed! > 0);

    cable.heal();
    const since = performance.now();
    await until('its return', async () => !(await isDegraded(lone)));
    await until('the others to know', async () => (await aliveBy(other)).length === 2);
    await cluster.flowing();
    t.diagnostic(`all of it back after ${Math.round(performance.now() - since)} ms`);
    for (const gateway of cluster.gateways) assert.deepEqual(await aliveBy(gateway), all);
    assert.deepEqual(
      news.map((words, index) => timesSaid([lone], words) - before[index]!),
      [1, 1],
    );
    assert.equal(timesSaid([other], 'degraded'), 0);
    cluster.expectConnected();
    await cluster.expectExact();
    cluster.expectHealthy();
    cluster.expectNothingTold();
  });
});
