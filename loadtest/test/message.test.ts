import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJson } from '@tabcast/shared';
import { encodeMessage, isMessage, minMessageBytes, readNumber, readStamp } from '../src/message.js';

describe('message', () => {
  test('is a frame of exactly the size that was asked for', () => {
    for (const size of [minMessageBytes, 128, 1024]) {
      const text = encodeMessage(size, 123_456_789, 42);
      assert.equal(Buffer.byteLength(text), size);
      const frame = decodeJson(text);
      assert.ok('action' in frame);
      assert.equal(frame.action, 'load');
      assert.match(String(frame.details[0]), /^0000000123456789 0000000042 x*$/);
    }
  });

  test('refuses a size that cannot hold it', () => {
    assert.throws(() => encodeMessage(minMessageBytes - 1, 0, 0), RangeError);
  });

  test('gives back stamp and number wherever it lies in a read', () => {
    const bytes = Buffer.from(`….${encodeMessage(128, 8_999_999_999_999_999, 9_876_543_210)}`);
    const start = bytes.length - 128;
    assert.ok(isMessage(bytes, start, bytes.length));
    assert.equal(readStamp(bytes, start), 8_999_999_999_999_999);
    assert.equal(readNumber(bytes, start), 9_876_543_210);
  });

  test('is told from what a server says by itself', () => {
    const own = Buffer.from(`{"action":"sys/expired","details":[{"closesIn":10000}]}${' '.repeat(100)}`);
    assert.equal(isMessage(own, 0, own.length), false);
    const short = Buffer.from('{"action":"load","details":[]}');
    assert.equal(isMessage(short, 0, short.length), false);
  });
});
