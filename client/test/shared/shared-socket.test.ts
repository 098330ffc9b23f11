import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeBrowser } from './browser.js';
import { welcome, welcomeAll } from './gateway.js';

const own = ['tabcast.v1.json', 'bearer.ann'];
const shared = ['tabcast.v1.shared'];

describe('shared socket', () => {
  test('goes from the worker to a leader, and from there to a socket of its own', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker', 'leader']);
    page.workerLoads = false;
    page.connect('ann');
    await browser.settle();
    assert.deepEqual(browser.socket.protocols, shared);
    assert.equal(page.sharing.ways.length, 1);

    const alone = browser.page(['worker']);
    alone.workerLoads = false;
    const tab = alone.connect('ann');
    await browser.settle();
    assert.deepEqual(browser.socket.protocols, own);
    browser.socket.onopen?.();
    browser.socket.receive({ action: 'hello', details: [] });
    tab.send({ action: 'hi', details: [] });
    browser.socket.onclose?.({ code: 4000, reason: 'shutdown' });
    assert.deepEqual(browser.socket.sent, [{ action: 'hi', details: [] }]);
    assert.deepEqual([tab.isOpen, tab.actions, tab.closed?.code], [true, ['hello'], 4000]);
  });

  test('a socket of its own resumes by itself', async () => {
    const browser = new FakeBrowser();
    const page = browser.page([]);
    page.connect('ann', { all: '1-3' });
    await browser.settle();
    assert.deepEqual(browser.socket.protocols, ['tabcast.v1.json', 'tabcast.resume', 'bearer.ann']);
    browser.socket.onopen?.();
    assert.deepEqual(browser.socket.sent, [{ action: 'sys/resume', details: [{ all: '1-3' }] }]);
  });

  test('does not wait for a worker that never answers, and not again', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker']);
    page.workerLoads = 'never answers';
    page.connect('ann');
    await browser.advance(3900);
    assert.equal(browser.sockets.length, 0);
    await browser.advance(100);
    assert.deepEqual(browser.socket.protocols, own);
    page.connect('ann');
    await browser.settle();
    assert.equal(browser.sockets.length, 2);
  });

  test('a slow network is no reason to leave a carrier that has answered', async () => {
    const browser = new FakeBrowser();
    browser.page(['worker']).connect('ann');
    await browser.advance(60_000);
    assert.deepEqual(
      browser.sockets.map(({ protocols }) => protocols),
      [shared],
    );
  });

  test('without Web Locks every page has a socket of its own', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker', 'leader']);
    page.locksAllowed = false;
    page.connect('ann');
    await browser.settle();
    assert.deepEqual(browser.socket.protocols, own);
  });

  test('one tab too many gets a socket of its own the next time, and tries again after that', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker']);
    const tab = page.connect('ann');
    await browser.settle();
    browser.socket.onopen?.();
    browser.socket.receive({ tab: 1, action: 'sys/close', details: [4010, 'crowded'] });
    await browser.settle();
    assert.deepEqual(tab.closed, { code: 4005, reason: 'moved' });
    page.connect('ann').socket.close(1000);
    const next = page.connect('ann');
    await browser.settle();
    browser.socket.onclose?.({ code: 4000, reason: 'shutdown' });
    assert.deepEqual([browser.socket.protocols, next.closed?.code], [own, 4000]);
    const again = page.connect('ann');
    await browser.settle();
    assert.deepEqual([browser.sockets.length, again.isOpen], [2, true]);
  });

  test('a page that closes before anything has answered connects to nothing', async () => {
    const browser = new FakeBrowser();
    for (const steps of [0, 1]) {
      const tab = browser.page(['worker', 'leader']).connect('ann');
      for (let step = 0; step < steps; step++) await new Promise(setImmediate);
      tab.socket.close(1000);
      await browser.settle();
      assert.deepEqual(tab.closed, { code: 1000, reason: '' });
    }
    await browser.advance(60_000);
    assert.equal(browser.sockets.length, 0);
    assert.equal(browser.timers, 0);
  });

  test('what was sent and not put on the socket goes first over the next one, before what the page sends then', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker']);
    const first = page.connect('ann');
    await browser.settle();
    welcomeAll(browser.socket);
    await browser.settle();
    first.send({ action: 'arrived', details: [] });
    await browser.settle();
    // The socket closes while these are on their way to the carrier.
    first.send({ action: 'order', details: [1] });
    first.send({ action: 'question', details: [], id: 1 });
    first.send({ action: 'sys/ping', details: [] });
    first.send({ action: 'order', details: [2] });
    browser.socket.onclose?.({ code: 1006, reason: '' });
    await browser.settle();
    assert.equal(first.closed?.code, 1006);

    const second = page.connect('ann');
    const { socket } = second;
    const seen = socket.onmessage!;
    socket.onmessage = (event) => {
      seen(event);
      second.send({ action: 'at the welcome', details: [] });
    };
    await browser.settle();
    browser.socket.onopen?.();
    await browser.settle();
    assert.deepEqual(
      browser.socket.sent.map(({ action }) => action),
      ['sys/open'],
    );
    browser.socket.receive(welcome(2, 'ann'));
    await browser.settle();
    assert.deepEqual(browser.socket.sent.slice(1), [
      { tab: 2, action: 'order', details: [1] },
      { tab: 2, action: 'order', details: [2] },
      { tab: 2, action: 'at the welcome', details: [] },
    ]);
  });

  test('a page that is put aside leaves, and connects again when it is back', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker']);
    const tab = page.connect('ann');
    await browser.settle();
    welcomeAll(browser.socket);
    await browser.settle();
    page.hide();
    await browser.settle();
    assert.deepEqual(browser.socket.sent.at(-1), { tab: 1, action: 'sys/close', details: [] });
    assert.deepEqual([tab.closed], [undefined]);
    page.show();
    assert.equal(tab.closed?.code, 4005);
  });
});
