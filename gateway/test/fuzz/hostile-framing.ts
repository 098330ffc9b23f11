import type { Random } from '../support/random.js';

/** WebSocket frames (RFC 6455 §5.2) as they must not be, or must not be in this place. */

/** How to write one frame. What is left out is as it should be. */
export interface Shape {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly final?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** What the head says of the length, whatever it is. */
  readonly claimed?: bigint;
  /** Bits of the length field: 7, 16 or 64; more than are needed is against the rules. */
  readonly lengthBits?: 7 | 16 | 64;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** Writes a frame as a client does, with a mask of its own. */
export function frameBytes(shape: Shape, random: Random): Buffer {
  const { opcode, payload, final = true, reserved = 0, masked = true } = shape;
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const claimed = shape.claimed ?? BigInt(payload.length);
  const bits = shape.lengthBits ?? (claimed < 126n ? 7 : claimed < 65_536n ? 16 : 64);
  const head = Buffer.concat([Buffer.from([first]), lengthField(claimed, bits, masked)]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = random.bytes(4);
  const hidden = payload.map((byte, index) => byte ^ mask[index % 4]!);
  return Buffer.concat([head, mask, hidden]);
}

function lengthField(length: bigint, bits: 7 | 16 | 64, masked: boolean): Buffer {
  const mark = masked ? 0x80 : 0;
  if (bits === 7) return Buffer.from([mark | Number(length & 0x7fn)]);
  const field = Buffer.alloc(9);
  field[0] = mark | (bits === 16 ? 126 : 127);
  field.writeBigUInt64BE(length, 1);
  return bits === 64 ? field : Buffer.concat([field.subarray(0, 1), field.subarray(7)]);
}

const hello = Buffer.from('{"action":"hello","details":["you"],"id":1}');
const notUtf8 = [
  ...[[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]],
].map((bytes) => Buffer.from(bytes));
const badCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 4999, 5000, 65_535];
const claims = [2n ** 63n, 2n ** 64n - 1n, 2n ** 32n, 2n ** 31n, 65_537n, 65_536n, 100n, 126n];

type Trick = (random: Random) => Shape[];

const tricks: readonly Trick[] = [
  (random) => [{ opcode: opcodes.text, payload: hello, reserved: 1 + random.below(7) }],
  (random) => [{ opcode: random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload: hello }],
  (random) => [{ opcode: random.pick([1, 2, 8, 9]), payload: hello, masked: false }],
  (random) => [{ opcode: random.pick([0, 1, 2, 9]), payload: hello, claimed: random.pick(claims) }],
  (random) => [{ opcode: opcodes.text, payload: hello, lengthBits: random.pick([16, 64] as const) }],
  (random) => [{ opcode: random.pick([8, 9, 10]), payload: hello, final: false }],
  (random) => [{ opcode: random.pick([8, 9, 10]), payload: Buffer.alloc(126 + random.below(500), 'x') }],
  () => [{ opcode: opcodes.continuation, payload: hello }],
  () => [
    { opcode: opcodes.text, payload: hello.subarray(0, 9), final: false },
    { opcode: opcodes.text, payload: hello.subarray(9) },
  ],
  (random) => [{ opcode: opcodes.text, payload: Buffer.concat([hello, random.pick(notUtf8), hello]) }],
  (random) => [
    { opcode: opcodes.text, payload: random.pick(notUtf8), final: false },
    { opcode: opcodes.continuation, payload: random.pick(notUtf8) },
  ],
  (random) => [{ opcode: opcodes.close, payload: closing(random.pick(badCodes), hello) }],
  (random) => [{ opcode: opcodes.close, payload: random.bytes(random.below(4)) }],
  (random) => [{ opcode: opcodes.close, payload: closing(1000, random.pick(notUtf8)) }],
  (random) => [
    { opcode: opcodes.text, payload: Buffer.alloc(0), final: false },
    ...Array.from({ length: random.size(500) }, () => ({
      ...{ opcode: opcodes.continuation, payload: Buffer.alloc(0), final: false },
    })),
    { opcode: opcodes.continuation, payload: hello },
  ],
  (random) => Array.from({ length: random.size(100) }, () => ({ opcode: opcodes.ping, payload: hello })),
];

/** Bytes that break the framing, or strain it. */
export function hostileFraming(random: Random): Buffer {
  if (random.oneIn(20)) return random.bytes(random.size(2000));
  const bytes = Buffer.concat(
    random
      .pick(tricks)(random)
      .map((shape) => frameBytes(shape, random)),
  );
  return random.oneIn(3) ? random.wound(bytes) : bytes;
}

function closing(code: number, reason: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]);
}
