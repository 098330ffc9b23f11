import { Packr } from 'msgpackr';
import { maxDepth, normalize, type Refused } from './frame.js';
import { isPlainMsgpack } from './plain-msgpack.js';
import type { Frame } from './protocol.js';

/**
 * Plain MessagePack that any other implementation reads: no records (they need state shared by both ends),
 * 64-bit integers as numbers (a BigInt would break JSON later), no references (a cycle would, too).
 */
const packr = new Packr({
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
});

/** Levels of a frame's own object and of `details`, on top of those that `details` may hold. */
const maxFrameDepth = maxDepth + 2;

/** Reads a frame from MessagePack. Binary members of `details` are views into `bytes`, so it must not be reused. */
export function decodeMsgpack(bytes: Uint8Array): Frame | Refused {
  if (!isPlainMsgpack(bytes, maxFrameDepth))
    return { refused: 'expected plain MessagePack, without extensions' };
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch {
    return { refused: 'expected MessagePack' };
  }
  return normalize(value);
}

/** Writes a frame as MessagePack. */
export function encodeMsgpack(frame: Frame): Uint8Array {
  return packr.pack(frame);
}
