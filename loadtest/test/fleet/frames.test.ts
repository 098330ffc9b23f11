import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrokenStream, clientFrame, FrameParser, opcodes } from '../../src/fleet/frames.js';

interface Taken {
  opcode: number;
  payload: Buffer;
}

/** A frame as a server writes it, by the book and independent of the code under test. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  if (length < 65_536)
    return Buffer.concat([Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]), payload]);
  const header = Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 6);
  return Buffer.concat([header, payload]);
}

function patterned(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 31 + length) & 255));
}

function parse(pieces: readonly Buffer[]): Taken[] {
  const taken: Taken[] = [];
  const parser = new FrameParser((opcode, bytes, start, end) => {
    taken.push({ opcode, payload: Buffer.from(bytes.slice(start, end)) });
  });
  for (const piece of pieces) {
    parser.push(piece);
    // As with a shared read buffer, the memory is overwritten by the next read.
    piece.fill(0xff);
  }
  return taken;
}

/** mulberry32: the same numbers in [0, 1) for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function splitAnywhere(bytes: Buffer, next: () => number, largest: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const length = 1 + Math.floor(next() * largest);
    pieces.push(Buffer.from(bytes.subarray(start, start + length)));
    start += length;
  }
  return pieces;
}

const sent: Taken[] = [
  { opcode: opcodes.text, payload: patterned(0) },
  { opcode: opcodes.text, payload: patterned(1) },
  { opcode: opcodes.ping, payload: patterned(125) },
  { opcode: opcodes.binary, payload: patterned(125) },
  { opcode: opcodes.text, payload: patterned(126) },
  { opcode: opcodes.pong, payload: patterned(0) },
  { opcode: opcodes.binary, payload: patterned(65_535) },
  { opcode: opcodes.text, payload: patterned(65_536) },
  { opcode: opcodes.text, payload: patterned(128) },
  { opcode: opcodes.close, payload: patterned(2) },
];
const stream = Buffer.concat(sent.map(({ opcode, payload }) => serverFrame(opcode, payload)));

describe('FrameParser', () => {
  test('finds every frame of one read', () => {
    assert.deepEqual(parse([Buffer.from(stream)]), sent);
  });

  test('finds every frame byte by byte', () => {
    assert.deepEqual(parse(splitAnywhere(stream, () => 0, 1)), sent);
  });

  test('finds every frame wherever the stream is cut in two', () => {
    const short = Buffer.concat([
      serverFrame(1, patterned(3)),
      serverFrame(2, patterned(130)),
      serverFrame(9, patterned(2)),
    ]);
    for (let cut = 0; cut <= short.length; cut++) {
      const taken = parse([Buffer.from(short.subarray(0, cut)), Buffer.from(short.subarray(cut))]);
      assert.deepEqual(
        taken.map(({ opcode, payload }) => [opcode, payload.length]),
        [
          [1, 3],
          [2, 130],
          [9, 2],
        ],
        `cut at ${cut}`,
      );
    }
  });

  for (const largest of [7, 400, 70_000])
    test(`finds every frame in random pieces of up to ${largest} bytes`, () => {
      for (let seed = 1; seed <= 30; seed++)
        assert.deepEqual(parse(splitAnywhere(stream, random(seed), largest)), sent, `seed ${seed}`);
    });

  test('takes only so many bytes of a read as were read', () => {
    const frame = serverFrame(1, patterned(5));
    let frames = 0;
    const parser = new FrameParser(() => frames++);
    parser.push(Buffer.concat([frame, frame]), frame.length);
    assert.equal(frames, 1);
  });

  const broken: [what: string, bytes: number[]][] = [
    ['a masked frame', [0x81, 0x81, 0, 0, 0, 0, 0]],
    ['a reserved bit', [0xc1, 0x00]],
    ['the first part of a fragmented message', [0x01, 0x00]],
    ['a continuation', [0x80, 0x00]],
    ['a control frame that is too long', [0x89, 126, 0, 126, ...patterned(126)]],
    ['a length beyond all measure', [0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]],
  ];
  for (const [what, bytes] of broken)
    test(`refuses ${what}`, () => {
      assert.throws(() => parse([Buffer.from(bytes)]), BrokenStream);
      assert.throws(() => parse(splitAnywhere(Buffer.from(bytes), () => 0, 1)), BrokenStream);
    });
});

describe('clientFrame', () => {
  test('writes the example of RFC 6455 §5.7', () => {
    const frame = clientFrame(opcodes.text, Buffer.from('Hello'), Uint8Array.of(0x37, 0xfa, 0x21, 0x3d));
    assert.equal(frame.toString('hex'), '818537fa213d7f9f4d5158');
  });

  const headers: [length: number, header: string][] = [
    [125, '81fd'],
    [126, '81fe007e'],
    [65_535, '81feffff'],
    [65_536, '81ff0000000000010000'],
  ];
  for (const [length, header] of headers)
    test(`announces ${length} bytes`, () => {
      const frame = clientFrame(opcodes.text, Buffer.alloc(length), new Uint8Array(4));
      assert.equal(frame.subarray(0, header.length / 2).toString('hex'), header);
      assert.equal(frame.length, header.length / 2 + 4 + length);
    });
});
