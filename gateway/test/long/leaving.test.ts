import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hintOf, openMany } from '../support/leaving-tabs.js';
import { PerTest } from '../support/per-test.js';
import { shakeHands } from '../support/raw-client.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { distanceFromEven, histogram } from '../support/spread.js';
import { type TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** How tabs leave, by the thousand or by the minute. */
describe('tabs that have to leave', { timeout: 120_000 }, () => {
  const perTest = new PerTest({ HANDSHAKE_RATE: '100000', HANDSHAKE_BURST: '100000' });
  const start = (options: Record<string, string>) => perTest.start(options);

  test('1,000 of a gateway that stops go evenly over the window, and one that never answers holds nobody up', async (t) => {
    const window = 10_000;
    const gateway = await start({ DRAIN_WINDOW: String(window) });
    const going = await openMany(perTest, gateway, 1000);
    const wire = await Wire.connect(gateway.publicPort);
    await shakeHands(wire, { headers: { Authorization: `Bearer ${await tokenFor('ann')}` } });
    await until('all tabs', async () => (await gateway.metric('tabcast_tabs')) === 1001);

    const begin = performance.now();
    const ended = gateway.kill('SIGTERM');
    const times = Promise.all(going.map(({ closed }) => closed.then(() => performance.now() - begin)));
    const hints = await Promise.all(going.map(hintOf));
    const closedAt = await times;
    await ended;
    const took = performance.now() - begin;
    wire.end();

    assert.equal(await gateway.exited(), 0);
    for (const { closed } of going) assert.equal((await closed).code, 4000);
    t.diagnostic(`exit 0 after ${Math.round(took)} ms; closes per second of the window of ${window} ms:`);
    for (const line of histogram(closedAt, window, 10)) t.diagnostic(line);
    const off = closedAt.map((time, index) => Math.abs(time - hints[index]!)).toSorted((a, b) => a - b);
    t.diagnostic(`from the time that was told, ms: p50 ${off[500]!.toFixed(0)}, p99 ${off[990]!.toFixed(0)}`);
    t.diagnostic(`distance from even: told ${distanceFromEven(hints, window).toFixed(4)}`);
    t.diagnostic(`distance from even: seen ${distanceFromEven(closedAt, window).toFixed(4)}`);
    assert.ok(distanceFromEven(hints, window) < 0.02);
    assert.ok(distanceFromEven(closedAt, window) < 0.2);
    assert.ok(took < window + 5000, `${took}`);
  });

  test('a connection of age is told, and closed with 4006', async () => {
    const gateway = await start({ MAX_AGE: '2' });
    const [tab] = (await openMany(perTest, gateway, 1)) as [TestTab];
    assert.equal(await hintOf(tab), 5000);
    assert.deepEqual(await tab.closed, { code: 4006, reason: 'max-age' });
    assert.equal(tab.frames.filter(({ action }) => action === 'sys/reconnect').length, 1);
    await until(
      'the count',
      async () => (await gateway.metric('tabcast_tabs_closed_total{reason="max-age"}')) === 1,
    );
  });

  test('tabs on a shared socket are told together, and closed together', async () => {
    const gateway = await start({ MAX_AGE: '2' });
    const socket = await SharedTestSocket.open(gateway.socketUrl);
    const token = await tokenFor('ann');
    const tabs = await Promise.all([0, 1, 2].map(() => socket.openTab({ token })));
    for (const tab of tabs) assert.equal(await hintOf(tab), 5000);
    for (const tab of tabs) assert.deepEqual(await tab.closed, { code: 4006, reason: 'max-age' });
    assert.deepEqual(await socket.closed, { code: 4006, reason: 'max-age' });
  });
});
