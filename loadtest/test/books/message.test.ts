import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  encodeText,
  isText,
  minTextBytes,
  readNumber,
  readStamp,
  readStream,
  usualTextBytes,
} from '../../src/books/message.js';

describe('message', () => {
  test('is ASCII of exactly the size that was asked for, and means the same in JSON', () => {
    for (const size of [minTextBytes, usualTextBytes, 1024]) {
      const text = encodeText(size, { stamp: 123_456_789, stream: 7, number: 42 });
      assert.equal(Buffer.byteLength(text), size);
      assert.match(text, /^load 00000000123456789 00000007 0000000042 x*$/);
      assert.equal(JSON.stringify(text), `"${text}"`);
    }
  });

  test('refuses a size that cannot hold it', () => {
    assert.throws(() => encodeText(minTextBytes - 1, { stamp: 0, stream: 0, number: 0 }), RangeError);
  });

  test('gives back all three wherever it lies in a read', () => {
    const postmark = { stamp: 8_999_999_999_999_999, stream: 87_654_321, number: 9_876_543_210 };
    const bytes = Buffer.from(`….${encodeText(128, postmark)}`);
    const start = bytes.length - 128;
    assert.ok(isText(bytes, start, bytes.length));
    assert.equal(readStamp(bytes, start), postmark.stamp);
    assert.equal(readStream(bytes, start), postmark.stream);
    assert.equal(readNumber(bytes, start), postmark.number);
  });

  test('keeps its columns on a machine that has run for a year', () => {
    const stamp = 365 * 86_400 * 1e9;
    const bytes = Buffer.from(encodeText(usualTextBytes, { stamp, stream: 3, number: 4 }));
    assert.equal(readStamp(bytes, 0), stamp);
    assert.equal(readStream(bytes, 0), 3);
  });

  test('is told from what a server says by itself', () => {
    const own = Buffer.from(`{"action":"sys/expired","details":[{"closesIn":10000}]}${' '.repeat(100)}`);
    assert.equal(isText(own, 0, own.length), false);
    const short = Buffer.from('load 1');
    assert.equal(isText(short, 0, short.length), false);
  });
});
