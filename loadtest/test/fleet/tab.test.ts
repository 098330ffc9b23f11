import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { WebSocket } from 'ws';
import { Tab, type TabOptions } from '../../src/fleet/tab.js';
import { firstText, type Peer, startPeer, until, welcome } from '../support/peer.js';

describe('Tab', () => {
  let other: Peer;
  let options: TabOptions;

  before(async () => {
    other = await startPeer();
    const { host, port } = other;
    options = { host, port, path: '/some?thing=1', protocols: [], dialect: {}, deadline: 10_000 };
  });

  after(() => other.close());

  /** Opens a tab; the other end sends these first. */
  async function open(more: Partial<TabOptions>, ...first: string[]): Promise<{ tab: Tab; peer: WebSocket }> {
    const connection = once(other.server, 'connection');
    const tab = new Tab({ ...options, ...more });
    const [peer] = (await connection) as [WebSocket];
    for (const text of first) peer.send(text);
    await tab.opened;
    return { tab, peer };
  }

  test('asks for path, sub-protocol and headers, from its own address', async () => {
    const connection = once(other.server, 'connection');
    const tab = new Tab({
      ...options,
      protocols: ['one', 'bearer.x'],
      headers: { Origin: 'https://a.example' },
      localAddress: '127.0.0.9',
    });
    const [peer, request] = await connection;
    peer.send(welcome);
    await tab.opened;
    assert.equal(request.url, '/some?thing=1');
    assert.equal(request.headers.origin, 'https://a.example');
    assert.equal(request.headers['sec-websocket-protocol'], 'one, bearer.x');
    assert.equal(request.socket.remoteAddress, '127.0.0.9');
  });

  test('hands on every frame after the welcome', async () => {
    const texts = ['a', 'b'.repeat(200), 'c'.repeat(100_000)];
    const received: string[] = [];
    let complete = () => {};
    const all = new Promise<void>((resolve) => {
      complete = resolve;
    });
    await open(
      {
        received: (bytes, start, end) => {
          received.push(Buffer.from(bytes.slice(start, end)).toString());
          if (received.length === texts.length) complete();
        },
      },
      welcome,
      ...texts,
    );
    await all;
    assert.deepEqual(received, texts);
  });

  test('sends text', async () => {
    const { tab, peer } = await open({}, welcome);
    const message = once(peer, 'message');
    tab.send('{"action":"grüße","details":[]}');
    assert.equal(String((await message)[0]), '{"action":"grüße","details":[]}');
  });

  test('hands on the welcome by itself', async () => {
    let text = '';
    await open(
      { welcomed: (bytes, start, end) => (text = Buffer.from(bytes.slice(start, end)).toString()) },
      welcome,
    );
    assert.equal(text, welcome);
  });

  test('says its greeting at once, and waits for as many frames as its dialect wants', async () => {
    const connection = once(other.server, 'connection');
    const early: string[] = [];
    const tab = new Tab({
      ...options,
      ...{ greeting: ['hello', 'again'], dialect: { welcomeFrames: 2 } },
      received: (bytes, start, end) => early.push(Buffer.from(bytes.slice(start, end)).toString()),
    });
    const [peer] = (await connection) as [WebSocket];
    const heard: string[] = [];
    peer.on('message', (data) => heard.push(String(data)));
    await until('the greeting', () => heard.length === 2);
    assert.deepEqual(heard, ['hello', 'again']);
    peer.send('one');
    peer.send('two');
    await tab.opened;
    // It may be a message: it is not kept from who counts those.
    assert.deepEqual(early, ['one']);
  });

  test('answers a ping that its dialect has as text, and hands nothing on', async () => {
    const received: number[] = [];
    const dialect = { ping: '2', pong: '3' };
    const { peer } = await open(
      { dialect, received: (bytes, start) => received.push(bytes[start]!) },
      welcome,
    );
    peer.send('2');
    assert.equal(await firstText(peer), '3');
    assert.deepEqual(received, []);
  });

  test('reads nothing while it pauses, and everything after', async () => {
    let frames = 0;
    const { tab, peer } = await open({ received: () => frames++ }, welcome);
    tab.pause();
    peer.send('one');
    // The pong would come after what was sent before the ping.
    const pong = once(peer, 'pong');
    await new Promise<void>((resolve) => peer.ping('', false, () => resolve()));
    await until('some turns', turns(20));
    assert.equal(frames, 0);
    tab.resume();
    await pong;
    assert.equal(frames, 1);
  });

  test('drops without a close frame', async () => {
    const { tab, peer } = await open({}, welcome);
    const close = once(peer, 'close');
    tab.drop();
    assert.equal((await close)[0], 1006);
  });

  test('answers a ping with its payload', async () => {
    const { peer } = await open({}, welcome);
    const pong = once(peer, 'pong');
    peer.ping('still there?');
    assert.equal(String((await pong)[0]), 'still there?');
  });

  test('answers a close and tells its code', async () => {
    let closed = (_: number) => {};
    const code = new Promise<number>((resolve) => {
      closed = resolve;
    });
    const { peer } = await open({ closed: (code) => closed(code) }, welcome);
    const answer = once(peer, 'close');
    peer.close(4001, 'slow');
    assert.equal(await code, 4001);
    assert.equal((await answer)[0], 4001);
  });

  test('names a host that is an IPv6 address as a URL does', async (t) => {
    const six = createServer().listen(0, '::1');
    await once(six, 'listening');
    t.after(() => six.close());
    const { port } = six.address() as AddressInfo;
    const upgrade = once(six, 'upgrade');
    const { opened } = new Tab({ ...options, host: '::1', port });
    const [{ headers }, socket] = await upgrade;
    socket.destroy();
    assert.equal(headers.host, `[::1]:${port}`);
    await assert.rejects(opened);
  });

  test('rejects when the server refuses', async () => {
    const refusing = createServer((_, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const { port } = refusing.address() as AddressInfo;
    await assert.rejects(new Tab({ ...options, port }).opened, /expected status 101, got "HTTP\/1.1 401/);
    refusing.close();
  });

  test('rejects when the server closes before the welcome', async () => {
    other.server.once('connection', (peer) => peer.close(4401));
    await assert.rejects(new Tab(options).opened, /closed with 4401 before the welcome/);
  });

  test('rejects when no welcome comes in time', async () => {
    await assert.rejects(new Tab({ ...options, deadline: 50 }).opened, /no welcome within 50 ms/);
  });

  test('rejects when nobody listens', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    await assert.rejects(new Tab({ ...options, port }).opened, /ECONNREFUSED/);
  });
});

/** True when it has been asked so often. */
function turns(count: number): () => boolean {
  let turn = 0;
  return () => ++turn === count;
}
