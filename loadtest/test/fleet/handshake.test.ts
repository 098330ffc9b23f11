import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkUpgrade, type Upgrade, upgradeRequest } from '../../src/fleet/handshake.js';

/** Key and accept value of RFC 6455 §1.3. */
const upgrade: Upgrade = {
  path: '/?user=1',
  host: '127.0.0.1:80',
  key: 'dGhlIHNhbXBsZSBub25jZQ==',
  protocols: ['one', 'bearer.x'],
};
const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

describe('upgradeRequest', () => {
  test('asks for a WebSocket with all that was given', () => {
    const lines = upgradeRequest({ ...upgrade, headers: { Origin: 'https://a.example' } }).split('\r\n');
    assert.equal(lines[0], 'GET /?user=1 HTTP/1.1');
    assert.ok(lines.includes('Sec-WebSocket-Protocol: one, bearer.x'));
    assert.ok(lines.includes('Origin: https://a.example'));
    assert.deepEqual(lines.slice(-2), ['', '']);
  });

  test('offers no sub-protocol where there is none', () => {
    assert.ok(!upgradeRequest({ ...upgrade, protocols: [] }).includes('Sec-WebSocket-Protocol'));
  });
});

describe('checkUpgrade', () => {
  const check = (...lines: string[]) => checkUpgrade(lines.join('\r\n'), upgrade);

  test('is content with a fitting answer', () => {
    assert.equal(check('HTTP/1.1 101 Switching Protocols', accept), undefined);
    assert.equal(check('HTTP/1.1 101 Switching Protocols', accept, 'sec-websocket-protocol: one'), undefined);
  });

  test('says what is wrong with any other', () => {
    assert.match(check('HTTP/1.1 401 Unauthorized', accept)!, /401 Unauthorized/);
    assert.match(check('HTTP/1.1 101 Switching Protocols')!, /Accept/);
    assert.match(check('HTTP/1.1 101 Switching Protocols', accept, 'Sec-WebSocket-Protocol: two')!, /"two"/);
  });
});
