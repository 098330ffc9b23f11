import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { ConnectOptions } from '../src/options.js';
import { connect } from '../src/unshared.js';
import { ScriptedSocket } from './support/scripted-socket.js';

describe('options', () => {
  test('everything that is wrong is named at once', () => {
    const options = {
      token: 7,
      getToken: 'x',
      share: 'foo',
      worker: true,
      WebSocket: {},
      pingInterval: 0,
      requestTimeout: Number.NaN,
      maxQueued: -1,
      remember: 'for ever',
      getTokn: 1,
    };
    assert.throws(() => connect('ftp://x', options as unknown as ConnectOptions), {
      name: 'TypeError',
      message:
        'url: expected one of ws:, wss:, http:, https:; token: expected string; getToken: expected function; ' +
        'share: expected one of true, false, worker, leader; worker: expected string or object; ' +
        'WebSocket: expected function; ' +
        'pingInterval: expected a number from 1; requestTimeout: expected a number from 1; ' +
        'maxQueued: expected a number from 0; remember: expected one of memory, session; ' +
        'getTokn: expected nothing of this name',
    });
  });

  test('every value of an option that has few will do', () => {
    for (const share of [true, false, 'worker', 'leader'] as const)
      for (const remember of ['memory', 'session'] as const)
        connect('ws://x/ws', { WebSocket: ScriptedSocket, share, remember }).close();
  });

  test('an option that is undefined is not given', () => {
    const nothing = { token: undefined, pingInterval: undefined } as unknown as ConnectOptions;
    assert.doesNotThrow(() => connect('ws://x/ws', { WebSocket: ScriptedSocket, ...nothing }).close());
  });

  test('a relative URL needs a page', () => {
    assert.throws(() => connect('/ws'), /^TypeError: url: expected/);
  });

  test('without a WebSocket it says where to put one', { skip: 'WebSocket' in globalThis }, () => {
    assert.throws(() => connect('ws://x/ws'), /^TypeError: WebSocket: there is no global one/);
  });

  describe('in a page', () => {
    const opened: string[] = [];
    class Noted extends ScriptedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        opened.push(url);
      }
    }

    afterEach(() => Reflect.deleteProperty(globalThis, 'document'));

    test('relative and http URLs become those of sockets, without a fragment', async () => {
      Object.assign(globalThis, { document: { baseURI: 'https://www.example.com/shop/cart?x' } });
      const addresses = ['/ws', 'ws?a=b', 'http://h:81/ws#x', 'ws://h/', new URL('wss://h/ws')];
      for (const address of addresses) {
        const tabs = connect(address, { WebSocket: Noted });
        await new Promise(setImmediate);
        tabs.close();
      }
      assert.deepEqual(opened, [
        'wss://www.example.com/ws',
        'wss://www.example.com/shop/ws?a=b',
        'ws://h:81/ws',
        'ws://h/',
        'wss://h/ws',
      ]);
    });
  });
});
