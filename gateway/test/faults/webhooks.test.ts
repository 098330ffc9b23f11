import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { GatewayProcess } from '../support/gateway.js';
import { HostileBackend } from '../support/hostile-backend.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { codeOf, grown, notSent, webhookCounts, webhookOptions } from '../support/webhooks.js';

/** F23, what a gateway bears: a backend that hangs costs it no memory and no files, and no publication waits for it. */
describe('a backend that hangs', () => {
  let backend: HostileBackend;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    backend = await HostileBackend.start();
  });
  afterEach(async () => {
    await gateway.kill();
    await backend.close();
  });

  async function start(options: Record<string, string> = {}): Promise<void> {
    gateway = await GatewayProcess.start({ ...webhookOptions, WEBHOOK_URL: backend.url, ...options });
  }

  const openSome = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, n) =>
        TestTab.open(gateway.socketUrl, { token: await tokenFor(`u${n}`) }),
      ),
    );

  const openFiles = () => readdirSync(`/proc/${gateway.pid}/fd`).length;
  const residentBytes = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))![1]) * 1024;
  const pending = () => gateway.metric('tabcast_webhook_queue');

  test('a thousand actions get one answer each, and nothing piles up', async () => {
    await start();
    const tabs = await openSome(50);
    const [before, files, memory] = [await webhookCounts(gateway), openFiles(), residentBytes()];
    backend.behaviour = 'hang';
    for (let n = 0; n < 20; n++) for (const tab of tabs) tab.send('do', [], n);
    const answers = () => tabs.flatMap(({ frames }) => frames.filter(({ re }) => re !== undefined));
    await until('all answers', () => answers().length >= 1000);
    for (const { frames } of tabs) {
      const ids = frames.map(({ re }) => re).filter((re) => re !== undefined);
      assert.deepEqual(new Set(ids).size, 20);
    }
    assert.equal(answers().length, 1000);

    const { slow = 0, ...others } = grown(before, await webhookCounts(gateway));
    assert.ok(slow >= 4);
    await until('what timed out to have been asked', () => backend.requests.length === slow);
    assert.deepEqual(
      Object.keys(others).filter((name) => !notSent.includes(name)),
      [],
    );
    assert.equal(answers().filter((frame) => codeOf(frame) === 504).length, slow);
    assert.equal(answers().filter((frame) => codeOf(frame) === 503).length, 1000 - slow);
    // Four, and one given up counts until the backend has noticed.
    assert.ok(backend.mostConnections <= 8, `${backend.mostConnections} connections`);
    await until('its connections to end', () => openFiles() <= files);
    assert.ok(residentBytes() < memory + 32e6, `${residentBytes() - memory} bytes more`);
  });

  test('delivery goes on as if nothing were: not one publication waits for the backend', async () => {
    await start({ WEBHOOK_TIMEOUT: '30000' });
    backend.behaviour = 'hang';
    const tabs = await openSome(20);
    for (let n = 0; n < 5; n++) for (const tab of tabs) tab.send('do', [], n);
    await until('the queue to fill', async () => (await pending()) === 100);

    const batch = (from: number) =>
      Array.from({ length: 1000 }, (_, n) => ({ to: { all: true }, action: 'count', details: [from + n] }));
    for (let from = 0; from < 5000; from += 1000) assert.equal((await gateway.send(batch(from))).status, 200);
    const numbers = Array.from({ length: 5000 }, (_, n) => n);
    for (const { frames } of tabs) {
      const counted = () =>
        frames.filter(({ action }) => action === 'count').map(({ details }) => details[0]);
      await until('the last publication', () => counted().at(-1) === 4999);
      assert.deepEqual(counted(), numbers);
    }
    // All of it arrived while the first action still waited for its answer.
    assert.equal(await pending(), 100);
    assert.equal(tabs.flatMap(({ frames }) => frames).filter(({ re }) => re !== undefined).length, 0);
  });
});
