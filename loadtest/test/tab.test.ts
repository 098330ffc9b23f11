import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { Tab, type TabOptions } from '../src/tab.js';

const welcome = '{"action":"sys/welcome","details":[]}';

/** Another implementation of RFC 6455 at the other end. */
describe('Tab', () => {
  const http = createServer();
  const server = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  let options: TabOptions;

  before(async () => {
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    options = { host: '127.0.0.1', port, path: '/some?thing=1', protocols: [], deadline: 10_000 };
  });

  after(() => {
    for (const socket of server.clients) socket.terminate();
    http.close();
  });

  /** Opens a tab; the other end sends these first. */
  async function open(more: Partial<TabOptions>, ...first: string[]): Promise<{ tab: Tab; peer: WebSocket }> {
    const connection = once(server, 'connection');
    const opening = Tab.open({ ...options, ...more });
    const [peer] = (await connection) as [WebSocket];
    for (const text of first) peer.send(text);
    return { tab: await opening, peer };
  }

  test('asks for path, sub-protocol and headers, from its own address', async () => {
    const connection = once(server, 'connection');
    const opening = Tab.open({
      ...options,
      protocols: ['one', 'bearer.x'],
      headers: { Origin: 'https://a.example' },
      localAddress: '127.0.0.9',
    });
    const [peer, request] = await connection;
    peer.send(welcome);
    await opening;
    assert.equal(request.url, '/some?thing=1');
    assert.equal(request.headers.origin, 'https://a.example');
    assert.equal(request.headers['sec-websocket-protocol'], 'one, bearer.x');
    assert.equal(request.socket.remoteAddress, '127.0.0.9');
  });

  test('hands on every frame after the welcome, and counts them all', async () => {
    const texts = ['a', 'b'.repeat(200), 'c'.repeat(100_000)];
    const received: string[] = [];
    let complete = () => {};
    const all = new Promise<void>((resolve) => {
      complete = resolve;
    });
    const { tab } = await open(
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
    assert.equal(tab.frames, 4);
    assert.equal(tab.payloadBytes, welcome.length + 100_201);
  });

  test('sends text', async () => {
    const { tab, peer } = await open({}, welcome);
    const message = once(peer, 'message');
    tab.send('{"action":"grüße","details":[]}');
    assert.equal(String((await message)[0]), '{"action":"grüße","details":[]}');
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

  test('closes with 1000', async () => {
    const { tab, peer } = await open({}, welcome);
    const close = once(peer, 'close');
    tab.close();
    assert.equal((await close)[0], 1000);
  });

  test('rejects when the server refuses', async () => {
    const refusing = createServer((_, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const { port } = refusing.address() as AddressInfo;
    await assert.rejects(Tab.open({ ...options, port }), /expected status 101, got "HTTP\/1.1 401/);
    refusing.close();
  });

  test('rejects when the server closes before the welcome', async () => {
    server.once('connection', (peer) => peer.close(4401));
    await assert.rejects(Tab.open(options), /closed with 4401 before the welcome/);
  });

  test('rejects when no welcome comes in time', async () => {
    await assert.rejects(Tab.open({ ...options, deadline: 50 }), /no welcome within 50 ms/);
  });

  test('rejects when nobody listens', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    await assert.rejects(Tab.open({ ...options, port }), /ECONNREFUSED/);
  });
});
