/**
 * What is published in Redis: `<position> <bytes>` for what is kept, otherwise the bytes as they are. Bytes that could be
 * mistaken for that, because they begin with a digit or a blank, get a blank in front; no frame and no envelope does.
 */

const blank = 0x20;
const [zero, nine] = [0x30, 0x39];

/** What to publish for bytes that are not kept: the same bytes, not a copy, unless they have to be marked. */
export function plainPayload(bytes: Uint8Array): Buffer {
  const first = bytes[0];
  return first === blank || isDigit(first) ? Buffer.concat([Buffer.of(blank), bytes]) : asBuffer(bytes);
}

/** Takes a payload apart without copying the bytes. `position` is null for what is not kept. */
export function decodePayload(payload: Buffer): { readonly bytes: Buffer; readonly position: string | null } {
  const first = payload[0];
  if (first === blank) return { bytes: payload.subarray(1), position: null };
  const end = isDigit(first) ? payload.indexOf(blank) : -1;
  if (end === -1) return { bytes: payload, position: null };
  return { bytes: payload.subarray(end + 1), position: payload.toString('latin1', 0, end) };
}

/** The same bytes, not a copy: ioredis would write any other Uint8Array as text. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}
