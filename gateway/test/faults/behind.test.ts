import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Target } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { bothWays, Flood, numbersOf, range } from '../support/flood.js';
import { GatewayProcess } from '../support/gateway.js';
import { slowReaders } from '../support/slow-readers.js';
import { type TabEncoding, TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Tabs that are behind and have to catch up, or to do with the latest. The large version of this, and the one that ends
 * in drops, is in test/long/slow-consumers.test.ts.
 */

const encodings: readonly TabEncoding[] = ['json', 'msgpack'];

describe('tabs that do not catch up', { timeout: 30_000 }, () => {
  let gateway: GatewayProcess;

  before(async () => {
    gateway = await GatewayProcess.start({ MAX_BACKPRESSURE: '16000000', STALL_TIMEOUT: '1000' });
  });
  after(() => gateway.kill());

  test('are closed as stalled, however it is that they do not read, and nobody else notices', async (t) => {
    const token = await tokenFor('ann');
    const quick = await Promise.all(
      encodings.map((encoding) => TestTab.open(gateway.socketUrl, { token, encoding })),
    );
    for (const way of Object.values(slowReaders)) t.after(await way(gateway, token, 2));
    const flood = new Flood(gateway);
    const stalled = async () => (await gateway.metric('tabcast_tabs_closed_total{reason="stalled"}'))!;
    const behind = async () => (await gateway.metric('tabcast_tabs_behind'))!;
    await until('all of them to be behind', async () => {
      await flood.send(20, ...bothWays('ann'));
      return (await stalled()) + (await behind()) === 8;
    });
    await until('all of them to be closed', async () => {
      await flood.send(1, ...bothWays('ann'));
      return (await stalled()) === 8;
    });
    for (const tab of quick) {
      await until('the last message', () => numbersOf(tab).at(-1) === flood.sent - 1);
      assert.deepEqual(numbersOf(tab), range(0, flood.sent));
    }
    assert.equal(await gateway.metric('tabcast_tabs'), quick.length);
    assert.equal(await gateway.metric('tabcast_drops_total'), 0);
    assert.equal(await behind(), 0);
  });
});

describe('where only the latest counts', { timeout: 30_000 }, () => {
  let gateway: GatewayProcess;

  before(async () => {
    gateway = await GatewayProcess.start({ LATEST_CHANNELS: 'group', MAX_BACKPRESSURE: '65536' });
  });
  after(() => gateway.kill());

  const actions = ['gold', 'silver', 'tin'];
  const padding = 'x'.repeat(5000);

  /** What a tab got of one action, in the order in which it came. */
  const roundsOf = (tab: TestTab, action: string) =>
    tab.frames.filter((frame) => frame.action === action).map(({ details }) => details[0] as number);

  test('who reads gets all of it; who is behind stays, and gets the latest of each action', async () => {
    const token = await tokenFor('ann', { groups: ['prices'] });
    const open = (encoding: TabEncoding) => TestTab.open(gateway.socketUrl, { token, encoding });
    const [quick, slow] = [
      await Promise.all(encodings.map(open)),
      await Promise.all([...encodings, ...encodings].map(open)),
    ];
    for (const { socket } of slow) socket.pause();
    let rounds = 0;
    /** Each in both ways: one for all, and with a filter. */
    const sendRound = async () => {
      const to: Target = { group: 'prices', ...(rounds % 2 === 0 ? {} : { except: 'nobody-0' }) };
      const sends = actions.map((action) => ({ to, action, details: [rounds, padding] }));
      assert.equal((await gateway.send(sends)).status, 200);
      rounds++;
    };
    const behind = () => gateway.metric('tabcast_tabs_behind');
    await until('all of them to be behind', async () => {
      await sendRound();
      return (await behind()) === slow.length;
    });
    for (let more = 0; more < 100; more++) await sendRound();

    for (const { socket } of slow) socket.resume();
    const hasLatest = (tab: TestTab) =>
      actions.every((action) => roundsOf(tab, action).at(-1) === rounds - 1);
    for (const tab of [...quick, ...slow]) await until('the latest', () => hasLatest(tab));
    for (const tab of quick)
      for (const action of actions) assert.deepEqual(roundsOf(tab, action), range(0, rounds));
    let missed = 0;
    for (const tab of slow)
      for (const action of actions) {
        const got = roundsOf(tab, action);
        assert.deepEqual(
          got,
          [...new Set(got)].toSorted((a, b) => a - b),
          'in order, and each once',
        );
        missed += rounds - got.length;
      }
    assert.ok(missed >= 100 * slow.length, `${missed}`);
    assert.equal(await gateway.metric('tabcast_frames_conflated_total'), missed);
    assert.equal(await behind(), 0);
    assert.ok(slow.every(({ socket }) => socket.readyState === WebSocket.OPEN));

    await sendRound();
    for (const tab of [...quick, ...slow]) await until('what comes after it', () => hasLatest(tab));
  });

  test('in other channels nobody is spared anything', async () => {
    const token = await tokenFor('bob', { groups: ['prices'] });
    const tab = await TestTab.open(gateway.socketUrl, { token });
    const before = await gateway.metric('tabcast_frames_conflated_total');
    tab.socket.pause();
    const flood = new Flood(gateway);
    await until('the tab to be closed', async () => {
      await flood.send(20, { user: 'bob' });
      return gateway.metric('tabcast_tabs_closed_total{reason="slow"}');
    });
    tab.socket.resume();
    assert.deepEqual(await tab.closed, { code: 4001, reason: 'slow' });
    assert.deepEqual(numbersOf(tab), range(0, numbersOf(tab).length));
    assert.equal(await gateway.metric('tabcast_frames_conflated_total'), before);
  });
});
