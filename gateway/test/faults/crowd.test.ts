import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, type TestContext, test } from 'node:test';
import { Crowd, type CrowdStream } from '../support/crowd.js';
import { keepEvidence } from '../support/evidence.js';
import { freePort } from '../support/free-port.js';

/**
 * Some hundred tabs of many users that lose their gateway while sends flow, and resume at the other one. That the gateway is
 * off the roster, and nobody there any more for receipts, is shown by long/liveness.test.ts; the rest of a drain by
 * drain.test.ts.
 */

/** Through both gateways: to all now and then, to some all the time. */
const streams = ([0, 1] as const).flatMap((through): CrowdStream[] => [
  { to: { all: true }, through, breath: 100 },
  ...[{ user: `user ${through}` }, { user: 'user 2' }, { group: 'group 0' }, { group: 'group 1' }].map(
    (to) => ({
      ...{ to, through, breath: 10 },
    }),
  ),
]);

describe('a crowd that loses its gateway', { timeout: 120_000 }, () => {
  let crowd: Crowd;

  beforeEach(async () => {
    // Who follows a gateway that was killed takes over its port. One that the system chose could not be had at once.
    const options = async () => ({
      ...{ DRAIN_LAME_DUCK: '500', DRAIN_WINDOW: '2000' },
      PUBLIC_PORT: String(await freePort()),
    });
    crowd = await Crowd.gather({
      tabs: [150, 150],
      users: 40,
      groups: 8,
      streams,
      options: [await options(), await options()],
    });
  });
  afterEach((t) => {
    keepEvidence(t, crowd);
    return crowd.close();
  });

  /** All tabs are there again, and hear what is sent now. Says how long that took. */
  async function recovered(t: TestContext, since: number): Promise<void> {
    const passed = () => Math.round(performance.now() - since);
    await crowd.back();
    t.diagnostic(`all ${crowd.tabs.length} tabs welcome after ${passed()} ms`);
    await crowd.reached();
    t.diagnostic(`and reached by what is sent after ${passed()} ms`);
  }

  /** Entries of history that tabs got from a gateway because they had missed them. */
  async function caughtUp(index: 0 | 1): Promise<number> {
    return (await crowd.gateways[index].metric('tabcast_history_entries_total{reader="tab"}'))!;
  }

  async function expectNothingLost(t: TestContext): Promise<void> {
    await crowd.expectExact();
    assert.deepEqual(crowd.told().length, 0);
    await crowd.expectHealthy();
    t.diagnostic(crowd.traffic.outcomes());
  }

  test('F1: killed, and then the other one too: every tab resumes where there is one, and misses nothing', async (t) => {
    for (const victim of [0, 1] as const) {
      const moved = crowd.moved.length;
      await crowd.gateways[victim].kill();
      await recovered(t, performance.now());
      assert.ok(crowd.moved.length > moved);
      assert.ok((await caughtUp(victim === 0 ? 1 : 0)) > 0);
      const port = crowd.gateways[victim].publicPort;
      await crowd.restartGateway(victim);
      assert.equal(crowd.gateways[victim].publicPort, port);
      await crowd.reached();
    }
    assert.equal(crowd.residents.length, 0);
    await expectNothingLost(t);
  });

  test('F2: sent away one after the other by a gateway that leaves, they resume and miss nothing', async (t) => {
    const since = performance.now();
    await crowd.gateways[0].kill('SIGTERM');
    assert.equal(await crowd.gateways[0].exited(), 0);
    await recovered(t, since);
    assert.equal(crowd.moved.length, 150);
    assert.ok((await caughtUp(1)) > 0);
    for (const { connections } of crowd.moved)
      assert.deepEqual(await connections[0]!.closed, { code: 4000, reason: 'shutdown' });
    await expectNothingLost(t);
  });
});
