import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, type WebSocketLike } from '../src/index.js';

/** A socket whose other end is the test. */
class ScriptedSocket implements WebSocketLike {
  static last: ScriptedSocket;
  readonly sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    ScriptedSocket.last = this;
  }
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(code = 1005): void {
    this.onclose?.({ code, reason: '' });
  }
  receive(frame: unknown): void {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }
}

function tab(options = {}) {
  const tabs = connect('ws://gateway.example/ws', { WebSocket: ScriptedSocket, ...options });
  return { tabs, socket: ScriptedSocket.last };
}

describe('client', () => {
  test('offers the token as a sub-protocol beside ours', () => {
    assert.deepEqual(tab().socket.protocols, ['tabcast.v1.json']);
    assert.deepEqual(tab({ token: 'a.b.c' }).socket.protocols, ['tabcast.v1.json', 'bearer.a.b.c']);
  });

  test('details are spread over the arguments, errors go to their own callback', () => {
    const { tabs, socket } = tab();
    const got: unknown[] = [];
    tabs.on(
      'hello',
      (...details) => got.push(details),
      (code, message) => got.push({ code, message }),
    );
    socket.receive({ action: 'hello', details: ['a', 2] });
    socket.receive({ action: 'hello:error', details: [400, 'No hello message'] });
    socket.receive({ action: 'other', details: [] });
    socket.receive('no frame');
    assert.deepEqual(got, [['a', 2], { code: 400, message: 'No hello message' }]);
  });

  test('once is called once, off stops one callback or all', () => {
    const { tabs, socket } = tab();
    const got: string[] = [];
    const first = () => void got.push('first');
    tabs
      .once('a', () => void got.push('once'))
      .on('a', first)
      .on('a', () => void got.push('second'));
    socket.receive({ action: 'a' });
    tabs.off('a', first);
    socket.receive({ action: 'a' });
    tabs.off('a');
    socket.receive({ action: 'a' });
    assert.deepEqual(got, ['once', 'first', 'second', 'second']);
  });

  test('what is sent before the connection is open waits, in order', () => {
    const { tabs, socket } = tab();
    tabs.send('a', 1).send('b');
    assert.deepEqual(socket.sent, []);
    socket.onopen?.();
    tabs.send('c', { x: 1 }, null);
    assert.deepEqual(socket.sent, [
      { action: 'a', details: [1] },
      { action: 'b', details: [] },
      { action: 'c', details: [{ x: 1 }, null] },
    ]);
  });

  test('the close reaches the caller with its code', () => {
    const closed: number[] = [];
    const { tabs } = tab({ onClose: (code: number) => closed.push(code) });
    tabs.close();
    assert.deepEqual(closed, [1000]);
  });
});
