import assert from 'node:assert/strict';
import { afterEach, describe, type TestContext, test } from 'node:test';
import { Crowd, type CrowdShape } from '../support/crowd.js';
import { eventsOf, positionsAfter } from '../support/events.js';
import { faultsIn } from '../support/ledger.js';
import type { RoamingTab } from '../support/roaming-tab.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * What becomes of tabs that read too slowly after they were closed for it: F12 of the fault matrix, with history. That they
 * are closed, and how, is shown by slow.test.ts and behind.test.ts.
 */

/** Six tabs of one user, in both encodings, one of them at the other gateway; and more for them than one can be behind by. */
const shape: CrowdShape = {
  ...{ tabs: [5, 1], users: 1, groups: 1 },
  streams: [
    { to: { user: 'user 0' }, through: 0, padding: 'x'.repeat(8000) },
    { to: { group: 'group 0' }, through: 1, breath: 30 },
  ],
};

describe('F12: a tab that reads too slowly', { timeout: 120_000 }, () => {
  let crowd: Crowd;
  afterEach(() => crowd.close());

  const metric = async (name: string, gateway: 0 | 1 = 0) => (await crowd.gateways[gateway].metric(name))!;

  async function gather(options: Record<string, string>): Promise<void> {
    crowd = await Crowd.gather({ ...shape, options: [options, options] });
  }

  /** Makes tabs stop reading until they are closed for this reason; then they read on, and see it. */
  async function outlast(slow: readonly RoamingTab[], reason: string): Promise<void> {
    for (const { connection } of slow) connection.socket.pause();
    await until(`${slow.length} tabs to be closed as ${reason}`, async () => {
      return (await metric(`tabcast_tabs_closed_total{reason="${reason}"}`)) === slow.length;
    });
    for (const { connection } of slow) connection.socket.resume();
    const closes = await Promise.all(slow.map(({ connections }) => connections[0]!.closed));
    for (const close of closes) assert.equal(close.reason, reason);
    await crowd.back();
  }

  /** Everything is as promised, and nobody but the slow ones has noticed. */
  async function expectExact(slow: readonly RoamingTab[], t: TestContext): Promise<void> {
    await crowd.expectExact();
    assert.deepEqual(crowd.moved, slow);
    t.diagnostic(crowd.traffic.outcomes());
  }

  const reasons = {
    slow: { MAX_BACKPRESSURE: '65536' },
    stalled: { MAX_BACKPRESSURE: '16777216', STALL_TIMEOUT: '1000' },
  };
  for (const [reason, options] of Object.entries(reasons))
    test(`is closed as ${reason}, resumes, and then has everything`, async (t) => {
      await gather(options);
      const slow = [crowd.tabs[0]!, crowd.tabs[1]!];
      await outlast(slow, reason);
      await expectExact(slow, t);
      assert.equal(crowd.told().length, 0);
      const missed = await metric('tabcast_history_entries_total{reader="tab"}', 1);
      assert.ok(missed > 0);
      t.diagnostic(`${missed} entries were missed`);
    });

  test('and comes back when history has moved on is told, in the channel that has', async (t) => {
    await gather({ MAX_BACKPRESSURE: '65536', HISTORY_USER_SIZE: '1' });
    const slow = [crowd.tabs[0]!, crowd.tabs[1]!];
    await outlast(slow, 'slow');
    await expectExact(slow, t);
    assert.deepEqual(crowd.told(), slow);
    for (const { connections } of slow)
      assert.deepEqual((await connections[1]!.welcome()).recovered, {
        ...{ 'user:user 0': false, 'group:group 0': true, all: true, registered: true },
      });
  });

  test('with others on one socket: all of them are closed, and each has everything or is told', async (t) => {
    await gather({ MAX_BACKPRESSURE: '65536' });
    const token = await tokenFor('user 0', { groups: ['group 0'] });
    const socket = await SharedTestSocket.open(crowd.gateways[0].socketUrl);
    const tabs = [await socket.openTab({ token }), await socket.openTab({ token })];
    await Promise.all(tabs.map((tab) => tab.next('count')));
    socket.socket.pause();
    await until('the socket to be closed', async () => {
      return (await metric('tabcast_tabs_closed_total{reason="slow"}')) === tabs.length;
    });
    socket.socket.resume();
    assert.equal((await socket.closed).reason, 'slow');
    const other = await SharedTestSocket.open(crowd.gateways[1].socketUrl);
    const before = tabs.map((tab) => socket.framesOf(tab));
    const back = await Promise.all(
      before.map((frames) => other.openTab({ token, resume: positionsAfter(frames) })),
    );
    for (const tab of back) {
      const { recovered } = await tab.welcome();
      assert.equal(recovered!['group:group 0'], true);
      t.diagnostic(`resumed: ${JSON.stringify(recovered)}`);
    }
    await expectExact([], t);
    const fence = await crowd.reached();
    await Promise.all(back.map((tab) => tab.next(fence)));
    const heard = back.map((tab, index) => ({
      tab: `twin ${index}`,
      events: eventsOf([...before[index]!, ...other.framesOf(tab)]),
    }));
    assert.deepEqual(faultsIn(crowd.traffic.sends, heard), []);
    await other.close();
  });

  test('and does not read what it has missed either makes nobody keep it, and gets it when it does', async (t) => {
    await gather({ STALL_TIMEOUT: '60000' });
    const kept = () => crowd.traffic.streams[0]!.sends.length;
    const from = (await crowd.tabs[0]!.connections[0]!.welcome()).positions!;
    await until('much to be kept', () => kept() > 1600, 30_000);
    await crowd.traffic.stop();
    const resume = { 'user:user 0': from['user:user 0']! };
    const memory = await metric('process_resident_memory_bytes');
    const token = await tokenFor('user 0');
    const slow = Array.from({ length: 5 }, () =>
      TestTab.connect(crowd.gateways[0].socketUrl, { token, resume }),
    );
    for (const { socket } of slow) socket.once('message', () => socket.pause());
    await Promise.all(slow.map((tab) => tab.welcome()));

    const written = () => metric('tabcast_history_entries_total{reader="tab"}');
    let last = -1;
    await until('no more to be written', async () => {
      const before = last;
      last = await written();
      return last === before && (await metric('tabcast_tabs_behind')) === slow.length;
    });
    const growth = (await metric('process_resident_memory_bytes')) - memory;
    t.diagnostic(
      `${last} of ${slow.length * kept()} entries written; memory grew by ${Math.round(growth / 1e6)} MB`,
    );
    // The rest is what the kernel takes, some megabytes for each.
    assert.ok(last < slow.length * kept() * 0.75);
    assert.ok(growth < 60e6, `${growth} bytes`);

    for (const { socket } of slow) socket.resume();
    const faults = () =>
      faultsIn(
        crowd.traffic.sends,
        slow.map(({ frames }, index) => ({ tab: `slow ${index}`, events: eventsOf(frames) })),
      );
    await until('all of it', async () => (await written()) === slow.length * kept());
    await until('it to arrive', () => faults().length === 0);
    for (const tab of slow) tab.socket.terminate();
  });
});
