import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Packr } from 'msgpackr';
import { decodeMsgpack } from '../src/msgpack.js';
import { isPlainMsgpack } from '../src/plain-msgpack.js';

const plain = new Packr({ useRecords: false, variableMapSize: true });
const extended = new Packr({ useRecords: true, moreTypes: true, structuredClone: true });

const values: unknown[] = [
  null,
  true,
  false,
  0,
  127,
  -1,
  -32,
  -33,
  200,
  -200,
  40_000,
  -40_000,
  3_000_000_000,
  -3_000_000_000,
  2 ** 40,
  1.5,
  '',
  'x'.repeat(31),
  'x'.repeat(300),
  'x'.repeat(70_000),
  Buffer.alloc(10),
  Buffer.alloc(300),
  Buffer.alloc(70_000),
  [],
  [1, [2, [3]]],
  Array.from({ length: 20 }, (_, i) => i),
  Array.from({ length: 70_000 }, () => 0),
  {},
  { a: { b: ['c', null] } },
  Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
  { action: 'hello', details: ['é😀'], id: 1 },
];

describe('plain MessagePack', () => {
  for (const value of values)
    test(`${JSON.stringify(value).slice(0, 40)} is plain; cut short or with a byte too many it is not`, () => {
      const bytes = plain.pack(value);
      assert.ok(isPlainMsgpack(bytes, 8));
      assert.ok(!isPlainMsgpack(Buffer.concat([bytes, Buffer.of(0xc0)]), 8));
      for (const length of [0, 1, 2, bytes.length >> 1, bytes.length - 1].filter((cut) => cut < bytes.length))
        assert.ok(!isPlainMsgpack(bytes.subarray(0, length), 8), `cut to ${length}`);
    });

  const strange = [new Date(), /x/, new Error('x'), new Set([1]), new Map([[{}, 1]]), 2n ** 70n, undefined];
  for (const value of strange)
    test(`${String(value)} inside a frame is refused with a sentence`, () => {
      const result = decodeMsgpack(extended.pack({ action: 'a', details: [value] }));
      assert.ok('refused' in result);
      assert.match(result.refused, /without extensions/);
    });

  test('depth is bounded, and a size that cannot be true is not believed', () => {
    const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.of(0xc0)]);
    assert.ok(isPlainMsgpack(nested(7), 8));
    assert.ok(!isPlainMsgpack(nested(8), 8));
    assert.ok(!isPlainMsgpack(nested(60_000), 8));
    for (const head of [0xdd, 0xdf, 0xdb, 0xc6])
      assert.ok(!isPlainMsgpack(Buffer.of(head, 0xff, 0xff, 0xff, 0xff, 0x00), 8));
  });
});
