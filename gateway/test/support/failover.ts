import assert from 'node:assert/strict';
import { afterEach, beforeEach, type TestContext } from 'node:test';
import { Cluster } from './cluster.js';
import { eventsOf } from './events.js';
import { keepEvidence } from './evidence.js';
import { longHistory } from './long-history.js';
import { type Mutant, startMutant } from './mutant.js';
import type { RedisServer } from './redis.js';
import type { RoamingTab } from './roaming-tab.js';
import { Sentinels } from './sentinels.js';
import { until } from './until.js';

/** A cluster on a Redis that Sentinels watch, made anew for each test of the suite that asks for it. */
export class WatchedCluster {
  sentinels!: Sentinels;
  cluster!: Cluster;

  /**
   * @param replicas of the master
   * @param mutant what is made of the gateways, see mutants/
   */
  constructor(replicas = 1, mutant?: Mutant) {
    beforeEach(async () => {
      this.sentinels = await Sentinels.start(replicas);
      const options = { ...longHistory, REDIS_URL: this.sentinels.url };
      this.cluster = await Cluster.start(options, mutant ? { startGateway: startMutant(mutant) } : {});
    });
    afterEach(async (t) => {
      keepEvidence(t, this.cluster);
      await this.cluster.close();
      await this.sentinels.close();
    });
  }
}

/** Each of these tabs is told once of each of its channels, for each promotion, that it may have missed something. */
export async function expectToldOnce(tabs: readonly RoamingTab[], promotions = 1): Promise<void> {
  const wanted = Object.fromEntries(
    ['all', 'registered', 'user:ann', 'group:red'].map((channel) => [channel, promotions]),
  );
  const isTold = (tab: RoamingTab) =>
    Object.keys(wanted).every((channel) => (tellings(tab)[channel] ?? 0) >= promotions);
  // A quiet channel is told of after the sends of the others have come.
  await until('every tab to be told', () => tabs.every(isTold)).catch(() => {});
  for (const tab of tabs) assert.deepEqual(tellings(tab), wanted);
}

/** How often a tab was told of each channel that it may have missed something there. */
export function tellings({ frames }: RoamingTab): Record<string, number> {
  const told: Record<string, number> = {};
  const note = (channel: string) => {
    told[channel] = (told[channel] ?? 0) + 1;
  };
  for (const event of eventsOf(frames)) {
    if ('gap' in event) note(event.channel);
    else if ('recovered' in event)
      for (const [channel, recovered] of Object.entries(event.recovered)) if (!recovered) note(channel);
  }
  return told;
}

/** Which connections of gateways a Redis holds, by their roles. */
export async function connectionsAt(server: RedisServer): Promise<string[]> {
  const list = String(await server.cli('CLIENT', 'LIST'));
  return [...list.matchAll(/ name=(?:tabcast|test):\S+:(\w+)/g)].map(([, role]) => role!);
}

/** Tells, as diagnostics, what has come how long after this call. */
export function stopwatch(t: TestContext): (what: string) => void {
  const since = performance.now();
  return (what) => t.diagnostic(`${what} after ${Math.round(performance.now() - since)} ms`);
}

/** Waits until the Sentinels have another master and everything flows there. @param tell gets each step on the way */
export async function followed(
  { cluster, sentinels, from }: { cluster: Cluster; sentinels: Sentinels; from: RedisServer },
  tell: (what: string) => void,
): Promise<RedisServer> {
  const master = await sentinels.failedOver(from);
  tell('promotion');
  await flowingAgain(cluster, tell);
  return master;
}

/** Waits until everything flows. @param tell gets each step on the way */
export async function flowingAgain(cluster: Cluster, tell: (what: string) => void): Promise<void> {
  await accepted(cluster);
  tell('the first accepted send');
  await cluster.flowing(1);
  tell('full flow');
  await cluster.flowing();
}

/** Resolves when some stream is accepted once more. */
async function accepted({ traffic: { streams } }: Cluster): Promise<void> {
  const marks = streams.map(({ answers }) => answers.length);
  await until('a send to be accepted', () =>
    streams.some(({ answers }, index) => answers.slice(marks[index]).some(({ status }) => status === 200)),
  );
}
