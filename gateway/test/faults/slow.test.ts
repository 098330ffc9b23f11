import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Target } from '@tabcast/shared';
import { Flood, numbersOf, range, weight } from '../support/flood.js';
import { GatewayProcess } from '../support/gateway.js';
import { type TabEncoding, TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Tabs that stop reading while much is sent to them. The kernel takes some megabytes for each, the gateway as much as
 * max-backpressure says, and then the tab is dropped as a whole: it must not be left with a hole, and nobody else may
 * notice.
 */

const slowTabs = 10;
const batch = 20;
/** More than the kernel's buffers can take for one tab, in batches. */
const enough = 1000;

describe('tabs that stop reading', { timeout: 60_000 }, () => {
  let gateway: GatewayProcess;
  let token: string;
  let quick: TestTab[];
  let messages: Flood;

  before(async () => {
    gateway = await GatewayProcess.start({ MAX_BACKPRESSURE: '65536' });
    messages = new Flood(gateway);
    token = await tokenFor('ann');
    quick = await Promise.all((['json', 'msgpack'] as const).map(open));
  });
  after(() => gateway.kill());

  function open(encoding: TabEncoding): Promise<TestTab> {
    return TestTab.open(gateway.socketUrl, { token, encoding });
  }

  async function stopReading(): Promise<TestTab[]> {
    const encodings = Array.from({ length: slowTabs }, (_, index) => (index % 2 ? 'json' : 'msgpack'));
    const tabs = await Promise.all(encodings.map(open));
    for (const tab of tabs) tab.socket.pause();
    return tabs;
  }

  /** Sends and sends until all slow tabs are closed, and once more. Returns the first number that was sent. */
  async function flood(to: Target, t: TestContext): Promise<number> {
    const first = messages.sent;
    const [memory, closed] = [await residentMemory(), await closedAsSlow()];
    let peak = memory;
    for (let sent = 0; (await closedAsSlow()) < closed + slowTabs; sent++) {
      assert.ok(sent < enough, `still not closed: ${(await closedAsSlow()) - closed} of ${slowTabs}`);
      await messages.send(batch, to);
      peak = Math.max(peak, await residentMemory());
    }
    await messages.send(batch, to);
    t.diagnostic(
      `${messages.sent - first} messages of ${weight} bytes; memory grew by ${Math.round((peak - memory) / 1e6)} MB`,
    );
    // Ten times max-backpressure is less than 1 MB; the rest is what the sends themselves leave behind.
    assert.ok(peak - memory < 60e6);
    return first;
  }

  const residentMemory = async () => (await gateway.metric('process_resident_memory_bytes'))!;
  const closedAsSlow = async () => (await gateway.metric('tabcast_tabs_closed_total{reason="slow"}'))!;

  async function expectAll(tab: TestTab, first: number): Promise<void> {
    await until('the last message', () => numbersOf(tab).at(-1) === messages.sent - 1);
    assert.deepEqual(
      numbersOf(tab).filter((number) => number >= first),
      range(first, messages.sent),
    );
  }

  const ways: [string, Target][] = [
    ['published', { user: 'ann' }],
    // A filter makes the gateway write to each tab by itself.
    ['sent one by one', { user: 'ann', except: 'nobody-0' }],
  ];
  for (const [how, to] of ways)
    test(`${how}: closed as slow without a hole, and nobody else notices`, async (t) => {
      const slow = await stopReading();
      const first = await flood(to, t);
      assert.ok((await gateway.metric('tabcast_drops_total'))! >= slowTabs);
      for (const tab of quick) await expectAll(tab, first);
      for (const tab of slow) {
        tab.socket.resume();
        // Within a few seconds the client may still read what was waiting, and then the reason.
        assert.deepEqual(await tab.closed, { code: 4001, reason: 'slow' });
        const numbers = numbersOf(tab);
        assert.deepEqual(numbers, range(first, first + numbers.length));
        assert.ok(numbers.length < messages.sent - first);
      }
      assert.ok(gateway.running);
    });

  test('who never reads again is forgotten all the same', async (t) => {
    const files = async () => (await gateway.metric('process_open_fds'))!;
    const before = await files();
    const slow = await stopReading();
    await flood({ user: 'ann' }, t);
    await until('the connections to be given back', async () => (await files()) <= before, 20_000);
    assert.equal(await gateway.metric('tabcast_tabs'), quick.length);
    for (const tab of slow) tab.socket.terminate();
  });
});
