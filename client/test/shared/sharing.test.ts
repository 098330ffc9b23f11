import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, describe, test } from 'node:test';
import { sharedName, sharedUrl, version } from '../../src/shared/names.js';
import { shareSocket } from '../../src/shared/sharing.js';
import { ScriptedSocket } from './scripted-socket.js';

const url = 'wss://gateway.example/ws';
const before = Object.getOwnPropertyDescriptors(globalThis) as Record<string, PropertyDescriptor>;

/** As far as `shareSocket` looks, this is now a page. */
function bePage(locks: object | undefined): void {
  const page = {
    document: new EventTarget(),
    window: new EventTarget(),
    navigator: { locks },
    WebSocket: ScriptedSocket,
  };
  for (const [name, value] of Object.entries(page))
    Object.defineProperty(globalThis, name, { value, configurable: true });
}

describe('whether sockets are shared', () => {
  afterEach(() => {
    for (const name of ['document', 'window', 'navigator', 'WebSocket'])
      if (before[name]) Object.defineProperty(globalThis, name, before[name]);
      else Reflect.deleteProperty(globalThis, name);
  });

  const rows: [string, Parameters<typeof shareSocket>[1], boolean][] = [
    ['with a token', { token: 'a' }, true],
    ['with getToken', { getToken: () => 'a' }, true],
    ['without either, as cookies may differ from page to page', {}, false],
    ['where that is asked for', { share: true }, true],
    ['where it is not wanted', { token: 'a', share: false }, false],
    ['with a WebSocket of the page', { token: 'a', WebSocket: ScriptedSocket }, false],
    ['with both, where that is asked for', { share: 'leader', WebSocket: ScriptedSocket }, true],
  ];
  for (const [what, options, expected] of rows)
    test(what, () => {
      bePage({});
      assert.equal(shareSocket(url, options) !== undefined, expected);
    });

  test('never outside of pages, and not in insecure contexts', () => {
    assert.equal(shareSocket(url, { share: true }), undefined);
    bePage(undefined);
    assert.equal(shareSocket(url, { share: true }), undefined);
  });

  test('pages of different versions share nothing; the name tells the URL', () => {
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    assert.equal(version, JSON.parse(manifest).version);
    assert.ok(sharedName(url).includes(version));
    assert.equal(sharedUrl(sharedName(url)), url);
  });
});
