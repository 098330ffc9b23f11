import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { usualTextBytes } from '../../src/books/message.js';
import { Fleets } from '../../src/fleet/fleets.js';
import { users } from '../../src/scenarios/crowds.js';
import { type Load, underLoad } from '../../src/scenarios/load.js';
import { problemsOf } from '../../src/scenarios/load-report.js';
import { fleetPlan, openTabs, tabsPerStream } from '../../src/scenarios/opening.js';
import type { Lab, Progress } from '../../src/scenarios/scenario.js';
import { remoteTabcast } from '../../src/servers/remote.js';
import { LeakyGateway } from '../support/leaky-gateway.js';

const { guests, destinations } = users(4, 2);

/** Loads of real processes on a gateway that is sound. */
describe('underLoad', () => {
  let gateway: LeakyGateway;
  let interruption: AbortController;
  let lab: Lab;
  let fleet: Fleets;
  let steps: Progress[];

  beforeEach(async () => {
    gateway = new LeakyGateway(() => 'deliver');
    const port = await gateway.listen();
    interruption = new AbortController();
    steps = [];
    lab = {
      target: await remoteTabcast({
        ...{ urls: [`ws://127.0.0.1:${port}`], apis: [`http://127.0.0.1:${port}`] },
        ...{ apiKey: 'key', tokenSecret: 'secret' },
      }),
      fleet: () => new Fleets(),
      signal: interruption.signal,
      progress: (step) => steps.push(step),
    };
    fleet = lab.fleet();
    await openTabs(lab, fleet, fleetPlan(lab.target, guests));
  });

  afterEach(() => {
    fleet.stop();
    gateway.close();
  });

  const load = (more: Partial<Load> = {}) =>
    underLoad(lab, {
      ...{ fleet, destinations, tabsOf: tabsPerStream(guests, destinations.length) },
      ...{ textBytes: usualTextBytes, perSecond: 200, times: { warmUp: 0.2, window: 0.3 } },
      ...more,
    });

  test('counts everything, the window by itself', async () => {
    const report = await load();
    assert.deepEqual(problemsOf(report), []);
    assert.equal(report.expected, report.sent * 2);
    assert.equal(gateway.fates.deliver, report.expected);
    assert.ok(report.deliveries > 0 && report.deliveries < report.expected);
    assert.ok(report.latency.p50 > 0);
    const phases = new Set(steps.map(({ phase }) => phase));
    assert.ok(phases.has('warm-up') && phases.has('window'));
  });

  test('goes on until what happens meanwhile is done', async () => {
    let isDone = false;
    const during = async () => {
      while (gateway.fates.deliver < 600) await new Promise(setImmediate);
      isDone = true;
    };
    const report = await load({ during });
    assert.ok(isDone);
    assert.ok(report.expected >= 600);
    assert.deepEqual(problemsOf(report), []);
  });

  test('fails with what happens meanwhile', async () => {
    const during = async () => {
      throw new Error('no such thing');
    };
    await assert.rejects(load({ during }), /^Error: no such thing$/);
  });

  test('makes a report of what there is when it is interrupted', async () => {
    const during = async () => interruption.abort();
    const report = await load({ during, times: { warmUp: 0.2, window: 3600 } });
    assert.match(problemsOf(report).join(), /^Interrupted after \d s\.$/);
    assert.equal(gateway.fates.deliver, report.expected);
  });

  test('fails with the sender, and at once', async () => {
    const way = {
      kind: 'api',
      urls: ['http://127.0.0.1:1'],
      key: '',
      targets: [],
      batch: 1,
      lanes: 1,
    } as const;
    await assert.rejects(load({ way, times: { warmUp: 3600, window: 1 } }), /127\.0\.0\.1:1/);
  });

  test('reports tabs that the server has closed', async () => {
    const report = await load({ during: async () => gateway.closeTabsOf('u1') });
    const problems = problemsOf(report);
    assert.match(problems[0]!, /deliveries were lost/);
    assert.equal(problems[1], '2 tabs were closed by the server with 4008.');
  });
});

test('openTabs ends when it is interrupted', async () => {
  const interrupted = AbortSignal.abort();
  const fleet = { open: () => new Promise<void>(() => {}), read: () => assert.fail('nobody is to read') };
  const lab = { signal: interrupted, progress: () => {} } as unknown as Lab;
  const plan = { servers: [], dialect: {}, textBytes: 64, tabs: [], perSecond: 1, inFlight: 1 };
  await assert.rejects(openTabs(lab, fleet, plan), /^Error: interrupted while tabs were being opened$/);
});
