import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJson, encodeJson, type Frame } from '../src/index.js';
import { decodeMsgpack, encodeMsgpack } from '../src/msgpack.js';

const frames: Frame[] = [
  { action: 'hello', details: ['you', 1, null, { deep: [true] }] },
  { action: 'with id', details: [], id: 7 },
  { action: 'answer', details: [''], re: 'seven' },
  { action: 'published', details: ['é😀'], at: ['user:42', '1699-5'] },
];

describe('frames', () => {
  for (const frame of frames)
    test(`${frame.action}: both encodings bring it back`, () => {
      assert.deepEqual(decodeJson(encodeJson(frame)), frame);
      assert.deepEqual(decodeMsgpack(encodeMsgpack(frame)), frame);
    });

  test('details that are no array become an array of one, absent ones an empty array', () => {
    assert.deepEqual(decodeJson('{"action":"a","details":{"x":1}}'), { action: 'a', details: [{ x: 1 }] });
    assert.deepEqual(decodeJson('{"action":"a","details":null}'), { action: 'a', details: [null] });
    assert.deepEqual(decodeJson('{"action":"a"}'), { action: 'a', details: [] });
  });

  test('what cannot be taken still says from which tab it is', () => {
    assert.deepEqual(decodeJson('{"tab":3,"action":7}'), {
      refused: 'action: expected a string of 1 to 256 characters',
      tab: 3,
    });
    for (const tab of ['"3"', '0', '-1', '1.5', '1e300', 'null'])
      for (const rest of ['"action":7', '"action":"x"'])
        assert.ok(!('tab' in decodeJson(`{"tab":${tab},${rest}}`)), tab);
  });

  test('what a client adds does not travel on', () => {
    assert.deepEqual(decodeJson('{"action":"a","details":[],"__proto__":{"x":1},"evil":1}'), {
      action: 'a',
      details: [],
    });
  });

  const refused: [string, RegExp][] = [
    ['', /JSON/],
    ['{', /JSON/],
    ['null', /object/],
    ['[]', /object/],
    ['"hello"', /object/],
    ['{}', /action/],
    ['{"action":""}', /action/],
    ['{"action":7}', /action/],
    [`{"action":"${'x'.repeat(257)}"}`, /action/],
    ['{"action":"a","id":{}}', /id/],
    [`{"action":"a","id":"${'x'.repeat(65)}"}`, /id/],
    [`{"action":"a","details":${'['.repeat(65)}${']'.repeat(65)}}`, /details: expected at most 64 levels/],
  ];
  for (const [text, why] of refused)
    test(`${text.slice(0, 30) || 'nothing'} is refused with a sentence`, () => {
      const result = decodeJson(text);
      assert.ok('refused' in result);
      assert.match(result.refused, why);
    });

  test('MessagePack that is cut off, deep, or of strange types is refused or harmless, never thrown', () => {
    const whole = encodeMsgpack(frames[0]!);
    for (let length = 0; length < whole.length; length++)
      assert.ok('refused' in decodeMsgpack(whole.subarray(0, length)));
    assert.ok('refused' in decodeMsgpack(Buffer.alloc(60_000, 0x91)));
    assert.ok('refused' in decodeMsgpack(Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])));
    assert.ok('refused' in decodeMsgpack(Buffer.from([0xc1])));
  });
});
