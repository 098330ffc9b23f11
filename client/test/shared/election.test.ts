import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeBrowser } from './browser.js';
import { publication, welcomeAll } from './gateway.js';
import type { Connection, FakePage } from './page.js';

/** So many pages without SharedWorker, open on the socket of the first. */
async function open(count: number) {
  const browser = new FakeBrowser();
  const pages: FakePage[] = [];
  const tabs: Connection[] = [];
  for (let number = 0; number < count; number++) {
    pages.push(browser.page(['leader']));
    tabs.push(pages[number]!.connect('ann'));
    await browser.settle();
  }
  welcomeAll(browser.socket);
  await browser.settle();
  return { browser, pages, tabs };
}

describe('leader', () => {
  test('one of the pages carries all of them', async () => {
    const { browser, tabs } = await open(4);
    assert.equal(browser.sockets.length, 1);
    browser.socket.receive(publication('user:ann', 'news'), { tab: 3, action: 'reply', details: [] });
    await browser.settle();
    assert.deepEqual(
      tabs.map(({ actions }) => actions.slice(1)),
      [['news'], ['news'], ['news', 'reply'], ['news']],
    );
  });

  test('pages that come at the same time find one leader', async () => {
    const browser = new FakeBrowser();
    const tabs = [1, 2, 3].map(() => browser.page(['leader']).connect('ann'));
    await browser.settle();
    welcomeAll(browser.socket);
    await browser.settle();
    assert.equal(browser.sockets.length, 1);
    assert.equal(browser.socket.sent.length, 3);
    for (const { actions } of tabs) assert.deepEqual(actions, ['sys/welcome']);
  });

  for (const how of ['crash', 'hide'] as const)
    test(`when the leader goes (${how}) the others are told to connect at once, and one of them leads`, async () => {
      const { browser, pages, tabs } = await open(3);
      pages[0]![how]();
      await browser.advance(250);
      for (const { closed } of tabs.slice(1)) assert.deepEqual(closed, { code: 4005, reason: 'moved' });
      const again = pages.slice(1).map((page) => page.connect('ann'));
      await browser.settle();
      welcomeAll(browser.socket);
      await browser.settle();
      assert.equal(browser.sockets.length, 2);
      for (const { actions } of again) assert.deepEqual(actions, ['sys/welcome']);
    });

  test('a page that asks while nobody leads is answered by the next leader', async () => {
    const { browser, pages } = await open(2);
    const newcomer = browser.page(['leader']).connect('ann');
    pages[0]!.crash();
    await browser.settle();
    browser.socket.onopen?.();
    await browser.settle();
    assert.equal(browser.sockets.length, 2);
    assert.equal(newcomer.isOpen, true);
  });

  test('what the leader had not sent yet is sent by the next, once', async () => {
    const { browser, pages, tabs } = await open(2);
    tabs[1]!.send({ action: 'order', details: [1] });
    await browser.settle();
    const sentByFirst = browser.socket.sent.filter(({ action }) => action === 'order');
    tabs[1]!.send({ action: 'order', details: [2] });
    pages[0]!.crash();
    await browser.advance(250);
    pages[1]!.connect('ann');
    await browser.settle();
    welcomeAll(browser.socket);
    await browser.settle();
    const sentBySecond = browser.socket.sent.filter(({ action }) => action === 'order');
    assert.deepEqual(
      [sentByFirst, sentBySecond].map((orders) => orders.map(({ details }) => details[0])),
      [[1], [2]],
    );
  });

  test('a page that dies is closed at the gateway, and one that closes too', async () => {
    const { browser, pages, tabs } = await open(3);
    pages[1]!.crash();
    tabs[2]!.socket.close(1000);
    await browser.advance(1000);
    const closed = browser.socket.sent.filter(({ action }) => action === 'sys/close');
    assert.deepEqual(closed.map(({ tab }) => tab).sort(), [2, 3]);
  });

  test('a page that has closed leads on as long as others need it', async () => {
    const { browser, tabs } = await open(2);
    tabs[0]!.socket.close(1000);
    await browser.advance(5000);
    browser.socket.receive(publication('user:ann', 'still there'));
    await browser.settle();
    assert.deepEqual(tabs[1]!.actions, ['sys/welcome', 'still there']);
    tabs[1]!.socket.close(1000);
    await browser.advance(5000);
    assert.equal(browser.socket.closedWith, 1000);
    assert.deepEqual(browser.listening, []);
    assert.equal(browser.timers, 0);
  });

  test('a page that was put aside is led by another when it is back', async () => {
    const { browser, pages, tabs } = await open(2);
    pages[0]!.hide();
    await browser.settle();
    pages[1]!.connect('ann');
    await browser.settle();
    welcomeAll(browser.socket);
    pages[0]!.show();
    assert.equal(tabs[0]!.closed?.code, 4005);
    const back = pages[0]!.connect('ann');
    await browser.settle();
    assert.equal(browser.sockets.length, 2);
    assert.equal(back.isOpen, true);
  });

  test('a page that needs no carrier any more listens to nothing', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['leader']);
    const tab = page.connect('ann');
    await browser.settle();
    tab.socket.close(1000);
    await browser.advance(60_000);
    assert.deepEqual([page.watchers, browser.timers, browser.listening], [0, 0, []]);
  });

  test('a leader that hangs does not keep a newcomer from connecting', async () => {
    const { browser, pages } = await open(1);
    pages[0]!.alive = false; // It neither hears nor says anything, and still holds its lock.
    browser.page(['leader']).connect('bob');
    await browser.advance(4000);
    assert.deepEqual(browser.socket.protocols, ['tabcast.v1.json', 'bearer.bob']);
  });

  test('nonsense in the hall and on the lines disturbs nobody', async () => {
    const { browser, tabs } = await open(2);
    const before = browser.sockets.length;
    for (const name of new Set(browser.listening)) {
      const stranger = browser.channel({ alive: true }, name);
      for (const nonsense of [
        7,
        null,
        'lead',
        { kind: 'knock' },
        { kind: 'frame' },
        { kind: 'closed', code: '4000' },
      ])
        stranger.postMessage(nonsense);
    }
    await browser.settle();
    browser.socket.receive(publication('user:ann', 'still there'));
    await browser.settle();
    for (const { actions, closed } of tabs)
      assert.deepEqual([actions, closed], [['sys/welcome', 'still there'], undefined]);
    assert.equal(browser.sockets.length, before);
  });
});
