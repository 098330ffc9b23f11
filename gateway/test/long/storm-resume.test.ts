import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Crowd, type CrowdStream } from '../support/crowd.js';
import { keepEvidence } from '../support/evidence.js';

/**
 * A gateway is killed, and all of its tabs come to the other one at the same moment, which lets them in at the default rate
 * while sends flow, and gives each of them what it has missed: F18 of the fault matrix, with history. What the storm does to
 * the gateway itself is in storm.test.ts.
 */
const tabs = 2000;
const witnesses = 50;

const streams: CrowdStream[] = [
  { to: { all: true }, through: 1, breath: 300 },
  { to: { registered: true }, through: 1, breath: 300 },
  ...[{ user: 'user 0' }, { user: 'user 1' }, { group: 'group 0' }].map((to) => ({
    ...{ to, through: 1 as const, breath: 20 },
  })),
];

describe('a storm of tabs that resume', { timeout: 180_000 }, () => {
  let crowd: Crowd;

  beforeEach(async () => {
    crowd = await Crowd.gather({
      ...{ tabs: [tabs, witnesses], users: 500, groups: 50, streams },
      options: [{}, { HANDSHAKE_RATE: '', MAX_LAG: '' }],
      // As the gateways ask for, so that the other end of the storm has time for what it gets.
      breath: () => 500 + Math.random() * 1000,
    });
  });
  afterEach((t) => {
    keepEvidence(t, crowd);
    return crowd.close();
  });

  /** Readings of history until now, as Redis counts them. */
  async function readings(): Promise<{ scripts: number; entries: number }> {
    const info = String(await crowd.redis.cli('INFO', 'commandstats'));
    const calls = (command: string) =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
    return { scripts: calls('eval') + calls('evalsha'), entries: calls('lrange') };
  }

  test('F18: 2,000 of them: all are back and miss nothing, who was there already hears everything, Redis is read a few times for each', async (t) => {
    const before = await readings();
    const since = performance.now();
    const passed = () => Math.round(performance.now() - since);
    await crowd.gateways[0].kill();
    await crowd.back();
    t.diagnostic(`all ${tabs} welcome after ${passed()} ms`);
    await crowd.reached();
    t.diagnostic(`and reached by what is sent after ${passed()} ms`);
    const after = await readings();
    const survivor = crowd.gateways[1];
    const metric = async (name: string) => (await survivor.metric(name))!;
    // Reading the page begins a new measurement of the loop.
    const lag = Math.round((await metric('nodejs_eventloop_lag_p99_seconds')) * 1000);
    const entries = await metric('tabcast_history_entries_total{reader="tab"}');
    const read = after.entries - before.entries;
    t.diagnostic(`${entries} entries in ${read} readings of ${after.scripts - before.scripts} scripts`);
    t.diagnostic(`lag of the loop ${lag} ms (p99)`);

    assert.equal(await metric('tabcast_tabs'), tabs + witnesses);
    assert.equal(await metric('tabcast_resumes_total{outcome="lost"}'), 0);
    assert.ok(entries > tabs, 'much was missed');
    // Who comes at the same moment shares a reading; without that it would be one for each of four channels, or two.
    assert.ok(read <= 2 * tabs, `${read} readings`);
    assert.equal(crowd.residents.length, witnesses);
    await crowd.expectExact();
    assert.equal(crowd.told().length, 0);
    await crowd.expectHealthy();
    t.diagnostic(crowd.traffic.outcomes());
  });
});
