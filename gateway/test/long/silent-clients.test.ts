import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Cable, layCable } from '../support/cable.js';
import { GatewayProcess } from '../support/gateway.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** Clients and gateway lose each other, and nobody is told: F11 of the fault matrix. */
describe('a silent cut between tabs and their gateway', { timeout: 60_000 }, () => {
  const idleTimeout = 8;
  const crowd = 50;
  let gateway: GatewayProcess;
  let cable: Cable;

  before(async () => {
    gateway = await GatewayProcess.start({ IDLE_TIMEOUT: String(idleTimeout) });
    cable = await layCable(gateway.publicPort);
  });
  after(async () => {
    await cable.close();
    await gateway.kill();
  });

  const files = () => readdirSync(`/proc/${gateway.pid}/fd`).length;
  const idle = () => gateway.metric('tabcast_tabs_closed_total{reason="idle"}');

  test('the gateway gives them up in time and leaks nothing; meanwhile their user is there on another connection', async () => {
    const token = await tokenFor('ann');
    const before = files();
    const url = `ws://127.0.0.1:${cable.port}/ws`;
    const lost = await Promise.all(Array.from({ length: crowd }, () => TestTab.open(url, { token })));
    cable.stall();
    const begun = performance.now();
    const found = await TestTab.open(gateway.socketUrl, { token });
    for (let count = 0; count < 20; count++) {
      await gateway.send({ to: { user: 'ann' }, action: 'count', details: [count] });
      assert.deepEqual((await found.next('count')).details, [count]);
    }
    await until('the silent ones to be given up', async () => (await idle()) === crowd, 20_000);
    const seconds = (performance.now() - begun) / 1000;
    // The clock of uSockets ticks every 4 s.
    assert.ok(seconds < idleTimeout + 5, `${seconds} s`);
    assert.equal(await gateway.metric('tabcast_tabs'), 1);
    assert.equal(await gateway.metric('tabcast_connections'), 1);
    assert.equal(found.frames.filter(({ action }) => action === 'sys/welcome').length, 1);
    await found.close();
    await until('no file to be left open', () => files() <= before + 2);
    cable.resume();
    for (const tab of lost) await tab.closed;
  });
});
