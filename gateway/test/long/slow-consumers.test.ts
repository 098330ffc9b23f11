import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { bothWays, Flood, numbersOf, range } from '../support/flood.js';
import { GatewayProcess } from '../support/gateway.js';
import { slowReaders } from '../support/slow-readers.js';
import { type TabEncoding, TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Two hundred tabs that do not read, in four ways, among ten that do. The kernel takes some megabytes for each; what
 * comes after that is the gateway's to bear, and to end.
 */

const ofEachKind = 50;
const slowTabs = ofEachKind * Object.keys(slowReaders).length;
const maxBackpressure = 1_048_576;
const megabyte = 1_000_000;

/** What sends and the collector of garbage leave behind at any time, in bytes. */
const noise = 80 * megabyte;

const encodings: readonly TabEncoding[] = ['json', 'msgpack'];

describe('two hundred slow consumers', { timeout: 240_000 }, () => {
  let gateway: GatewayProcess;
  let quick: TestTab[];
  let token: string;
  let flood: Flood;

  before(async () => {
    gateway = await GatewayProcess.start({
      ...{ MAX_BACKPRESSURE: String(maxBackpressure), STALL_TIMEOUT: '1000' },
      ...{ IDLE_TIMEOUT: '40', HANDSHAKE_RATE: '0', MAX_LAG: '0' },
    });
    token = await tokenFor('ann');
    flood = new Flood(gateway);
    const open = (encoding: TabEncoding) => TestTab.open(gateway.socketUrl, { token, encoding });
    quick = await Promise.all([0, 1, 2, 3, 4].flatMap(() => encodings.map(open)));
  });
  after(() => gateway.kill());

  const metric = async (name: string) => (await gateway.metric(name))!;
  const memory = () => metric('process_resident_memory_bytes');
  const closed = (reason: string) => metric(`tabcast_tabs_closed_total{reason="${reason}"}`);

  /** Opens the slow ones, and outlives them. */
  async function outlast(reason: string, t: TestContext, press: () => Promise<unknown>): Promise<number> {
    const ends = await Promise.all(Object.values(slowReaders).map((way) => way(gateway, token, ofEachKind)));
    return outlive(reason, t, press).finally(() => {
      for (const end of ends) end();
    });
  }

  /** Presses until all are closed for this reason, and looks what it has done to the others. Returns the peak of memory. */
  async function outlive(reason: string, t: TestContext, press: () => Promise<unknown>): Promise<number> {
    const [before, files, first] = [await memory(), await metric('process_open_fds'), flood.sent];
    assert.equal(await metric('tabcast_tabs'), quick.length + slowTabs);
    const closedBefore = await closed(reason);
    const closedNow = async () => (await closed(reason)) - closedBefore;
    let peak = before;
    for (let presses = 0; (await closedNow()) < slowTabs; presses++) {
      assert.ok(presses < 500, `only ${await closedNow()} were closed as ${reason}`);
      await press();
      peak = Math.max(peak, await memory());
    }
    await flood.send(20, ...bothWays('ann'));
    for (const tab of quick) {
      await until('the last message', () => numbersOf(tab).at(-1) === flood.sent - 1);
      assert.deepEqual(numbersOf(tab), range(0, flood.sent));
    }
    assert.equal(await metric('tabcast_tabs'), quick.length);
    await until('their connections to be given back', async () => {
      return (await metric('process_open_fds')) <= files - slowTabs;
    });
    const after = await memory();
    t.diagnostic(
      `${flood.sent - first} messages to each; memory: ${[before, peak, after].map(inMegabytes)} MB`,
    );
    assert.ok(peak - before < slowTabs * maxBackpressure + noise);
    return peak;
  }

  test('that are sent a little at a time are closed as stalled', async (t) => {
    await outlast('stalled', t, async () => {
      await flood.send(10, ...bothWays('ann'));
      await pause(200);
    });
    assert.equal(await closed('slow'), 0);
  });

  test('that are sent as much as there is are closed as slow, and their memory serves for the next ones', async (t) => {
    const peaks: number[] = [];
    for (let round = 0; round < 3; round++)
      peaks.push(await outlast('slow', t, () => flood.send(20, ...bothWays('ann'))));
    // How much of it the allocator returns to the system is its own affair; but none of it is lost.
    assert.ok(peaks.at(-1)! - peaks[0]! < noise, `${peaks.map(inMegabytes)} MB`);
    assert.equal(await closed('stalled'), slowTabs, 'those of the test before');
  });
});

function inMegabytes(bytes: number): number {
  return Math.round(bytes / megabyte);
}
