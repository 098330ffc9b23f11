/**
 * Whether bytes are exactly one value of MessagePack without extensions, and not nested too deep
 * (https://github.com/msgpack/msgpack/blob/master/spec.md). Asked before bytes of a client are decoded: msgpackr gives
 * extensions a meaning (errors, regular expressions, records made by generated code), and 64 KiB of them keep a gateway
 * busy for 100 ms.
 */
export function isPlainMsgpack(bytes: Uint8Array, maxDepth: number): boolean {
  /** How many values are still to come, on every level from the outermost. */
  const toCome = [1];
  let at = 0;
  while (toCome.length > 0) {
    const level = toCome.length - 1;
    if (toCome[level] === 0) {
      toCome.pop();
      continue;
    }
    toCome[level]!--;
    const head = readHead(bytes, at);
    if (head === undefined || head.end + head.members > bytes.length) return false;
    at = head.end;
    if (head.members > 0 && toCome.push(head.members) > maxDepth) return false;
  }
  return at === bytes.length;
}

interface Head {
  /** Where the head of the value, with what it carries itself, ends. */
  readonly end: number;
  /** How many values follow as its members. Each has at least one byte. */
  readonly members: number;
}

function readHead(bytes: Uint8Array, at: number): Head | undefined {
  const type = bytes[at];
  if (type === undefined) return undefined;
  const body = at + 1;
  if (type < 0x80 || type >= 0xe0) return { end: body, members: 0 };
  if (type < 0x90) return { end: body, members: 2 * (type & 0x0f) };
  if (type < 0xa0) return { end: body, members: type & 0x0f };
  if (type < 0xc0) return { end: body + (type & 0x1f), members: 0 };
  const fixed = fixedBytes.get(type);
  if (fixed !== undefined) return { end: body + fixed, members: 0 };
  const sized = sizedTypes.get(type);
  if (sized === undefined || body + sized.sizeBytes > bytes.length) return undefined;
  const size = readSize(bytes, body, sized.sizeBytes);
  const end = body + sized.sizeBytes + size * sized.ownBytes;
  return { end, members: size * sized.members };
}

function readSize(bytes: Uint8Array, at: number, length: number): number {
  let size = 0;
  for (let index = at; index < at + length; index++) size = size * 0x100 + bytes[index]!;
  return size;
}

/** nil, false, true, floats and integers: how many bytes follow the type. */
const fixedBytes = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);

const text = { ownBytes: 1, members: 0 };
const array = { ownBytes: 0, members: 1 };
const map = { ownBytes: 0, members: 2 };

/** Texts, bytes, arrays and maps: in how many bytes their size is written, and what a unit of it stands for. */
const sizedTypes = new Map([
  [0xc4, { ...text, sizeBytes: 1 }],
  [0xc5, { ...text, sizeBytes: 2 }],
  [0xc6, { ...text, sizeBytes: 4 }],
  [0xd9, { ...text, sizeBytes: 1 }],
  [0xda, { ...text, sizeBytes: 2 }],
  [0xdb, { ...text, sizeBytes: 4 }],
  [0xdc, { ...array, sizeBytes: 2 }],
  [0xdd, { ...array, sizeBytes: 4 }],
  [0xde, { ...map, sizeBytes: 2 }],
  [0xdf, { ...map, sizeBytes: 4 }],
]);
