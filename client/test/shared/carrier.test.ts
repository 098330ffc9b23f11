import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeBrowser } from './browser.js';
import { publication, welcome } from './gateway.js';
import { open, reached } from './open-pages.js';

describe('carrier', () => {
  test('opens one socket for all pages, and a tab with its token for each', async () => {
    const { browser, tabs, socket } = await open('ann', 'bob', undefined);
    assert.equal(browser.sockets.length, 1);
    assert.deepEqual(socket.protocols, ['tabcast.v1.shared']);
    assert.deepEqual(socket.sent, [
      { tab: 1, action: 'sys/open', details: ['ann'] },
      { tab: 2, action: 'sys/open', details: ['bob'] },
      { tab: 3, action: 'sys/open', details: [] },
    ]);
    assert.deepEqual(
      tabs.map(({ isOpen }) => isOpen),
      [true, true, true],
    );
  });

  test('a page that comes later gets the next number on the open socket', async () => {
    const { browser, socket } = await open('ann');
    const late = browser.page(['worker']).connect('bob');
    await browser.settle();
    assert.deepEqual(socket.sent.at(-1), { tab: 2, action: 'sys/open', details: ['bob'] });
    assert.equal(late.isOpen, true);
  });

  test('a page that resumes is opened with where it stood, once it has said so', async () => {
    const browser = new FakeBrowser();
    const standing = { 'user:ann': '1-5' };
    const former = { user: 'ann', connection: 'g1-1' };
    const tabs = ['ann', undefined].map((user) => browser.page(['worker']).connect(user, standing, former));
    await browser.settle();
    browser.socket.onopen?.();
    assert.deepEqual(browser.socket.sent, []);
    await browser.settle();
    assert.deepEqual(browser.socket.sent, [
      { tab: 1, action: 'sys/open', details: ['ann', standing, former] },
      { tab: 2, action: 'sys/open', details: [null, standing, former] },
    ]);
    browser.socket.receive(welcome(1, 'ann'), {
      tab: 1,
      at: ['user:ann', '1-6'],
      action: 'missed',
      details: [],
    });
    await browser.settle();
    assert.deepEqual(tabs[0]!.frames.at(-1)?.at, ['user:ann', '1-6']);
    assert.deepEqual(reached(tabs, 'missed'), [1, 0]);
  });

  test('tabs are numbered in the order in which they are opened, whoever came first', async () => {
    const browser = new FakeBrowser();
    const pages = [1, 2, 3].map(() => browser.page(['worker']));
    pages[0]!.connect('ann', { all: '1-3' });
    pages[1]!.connect('bob');
    const gone = pages[2]!.connect('eve', { all: '1-3' });
    await browser.settle();
    browser.socket.onopen?.();
    gone.socket.close(1000);
    await browser.settle();
    assert.deepEqual(browser.socket.sent, [
      { tab: 1, action: 'sys/open', details: ['bob'] },
      { tab: 2, action: 'sys/open', details: ['ann', { all: '1-3' }] },
    ]);
  });

  test('on an open socket a page resumes in the same way, and again when the socket is lost', async () => {
    const { browser, pages, socket } = await open('ann');
    const late = browser.page(['worker']).connect('bob', { all: '1-3' });
    await browser.settle();
    assert.deepEqual(socket.sent.slice(1), [
      { tab: 2, action: 'sys/open', details: ['bob', { all: '1-3' }] },
    ]);
    socket.onclose?.({ code: 1006, reason: '' });
    await browser.settle();
    assert.equal(late.closed?.code, 1006);
    pages[0]!.connect('ann', { all: '1-4' });
    await browser.settle();
    browser.socket.onopen?.();
    await browser.settle();
    assert.deepEqual(browser.socket.sent, [{ tab: 3, action: 'sys/open', details: ['ann', { all: '1-4' }] }]);
  });

  test('pages that connect to different URLs share nothing', async () => {
    const { browser } = await open('ann');
    browser.page(['worker'], 'wss://other.example/ws').connect('ann');
    await browser.settle();
    assert.deepEqual(
      browser.sockets.map(({ url }) => url),
      ['wss://gateway.example/ws', 'wss://other.example/ws'],
    );
  });

  test('sys/close closes one page with its code, and leaves the others alone', async () => {
    const { browser, tabs, socket } = await open('ann', 'bob');
    socket.receive({ tab: 1, action: 'sys/close', details: [4403, 'revoked'] });
    socket.receive(publication('all', 'later'));
    await browser.settle();
    assert.deepEqual(tabs[0]!.closed, { code: 4403, reason: 'revoked' });
    assert.deepEqual(reached(tabs, 'later'), [0, 1]);
    assert.equal(tabs[1]!.closed, undefined);
  });

  test('the close of the socket reaches every page, and the next one to connect opens another', async () => {
    const { browser, pages, tabs, socket } = await open('ann', 'bob');
    socket.onclose?.({ code: 4000, reason: 'shutdown' });
    await browser.settle();
    for (const { closed } of tabs) assert.deepEqual(closed, { code: 4000, reason: 'shutdown' });
    pages[1]!.connect('bob');
    await browser.settle();
    assert.equal(browser.sockets.length, 2);
    assert.deepEqual(browser.socket.sent, []);
    browser.socket.onopen?.();
    assert.deepEqual(browser.socket.sent, [{ tab: 3, action: 'sys/open', details: ['bob'] }]);
  });

  test('a socket that cannot be made closes the page, which may try again', async () => {
    const browser = new FakeBrowser();
    const page = browser.page(['worker']);
    browser.refusal = new Error('insecure');
    const tab = page.connect('ann');
    await browser.settle();
    assert.deepEqual(tab.closed, { code: 1006, reason: 'Error: insecure' });
    browser.refusal = undefined;
    page.connect('ann');
    await browser.settle();
    assert.equal(browser.sockets.length, 1);
  });

  test('a socket that was closed for having no tabs is no reason to stay away for a page that had just come', async () => {
    const { browser, tabs, socket } = await open('ann');
    socket.onclose?.({ code: 4408, reason: 'auth-timeout' });
    await browser.settle();
    assert.equal(tabs[0]!.closed?.code, 4005);
  });

  test('a page that closes leaves; with the last one the socket goes, after a moment', async () => {
    const { browser, tabs, socket } = await open('ann', 'bob');
    tabs[0]!.socket.close(1000);
    await browser.settle();
    assert.deepEqual(tabs[0]!.closed, { code: 1000, reason: '' });
    assert.deepEqual(socket.sent.at(-1), { tab: 1, action: 'sys/close', details: [1000] });
    await browser.advance(10_000);
    assert.equal(socket.closedWith, undefined);
    tabs[1]!.socket.close(1000);
    await browser.advance(2900);
    assert.equal(socket.closedWith, undefined);
    await browser.advance(100);
    assert.equal(socket.closedWith, 1000);
  });

  test('a page that comes in that moment finds the socket', async () => {
    const { browser, pages, tabs, socket } = await open('ann');
    pages[0]!.crash();
    await browser.advance(1000);
    const next = browser.page(['worker']).connect('ann');
    await browser.advance(60_000);
    assert.equal(browser.sockets.length, 1);
    assert.equal(socket.closedWith, undefined);
    assert.equal(next.isOpen, true);
    assert.equal(tabs[0]!.closed, undefined);
  });

  test('what a page sent last is not lost with the page, also where it takes its time', async (t) => {
    const { browser, pages, tabs, socket } = await open('ann', 'bob');
    const late: (() => void)[] = [];
    const { mock } = t.mock.method(browser, 'post', (deliver: () => void) => late.push(deliver));
    tabs[0]!.send({ action: 'last words', details: [] });
    mock.restore();
    pages[0]!.crash();
    await browser.advance(900);
    for (const deliver of late) deliver();
    await browser.advance(2000);
    assert.deepEqual(socket.sent.slice(2), [
      { tab: 1, action: 'last words', details: [] },
      { tab: 1, action: 'sys/close', details: [] },
    ]);
  });

  test('when the gateway is silent to one page, the connection is dead for all', async () => {
    const { browser, pages, tabs, socket } = await open('ann', 'bob');
    tabs[0]!.socket.close(3000);
    await browser.settle();
    assert.equal(socket.closedWith, 3000);
    assert.deepEqual(tabs[1]!.closed, { code: 1006, reason: '' });
    // The other page had found the same, at the same time.
    tabs[1]!.socket.close(3000);
    pages[0]!.connect('ann');
    await browser.settle();
    assert.equal(browser.sockets.length, 2);
    assert.equal(browser.socket.closedWith, undefined);
  });
});
