/**
 * The receiving half of RFC 6455, as much as a load test needs: frames of a server out of a byte stream that is split
 * anywhere, without a copy or a string per frame. Fragmented messages and extensions are refused: no server here
 * sends them unasked.
 */

/** Opcodes of RFC 6455 §5.2 that a server may send us or we send it. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Larger frames are taken for a broken stream. */
const maxPayloadBytes = 16 * 1024 * 1024;

/** A larger carry is given up with its frame: 15,000 tabs that each keep one are too many. */
const keptBytes = 4096;

const noBytes = new Uint8Array(0);

/**
 * Takes one frame. Its payload is `bytes` from `start` up to `end`, and belongs to the receiver only during the call:
 * the memory is that of the read.
 */
export type FrameReceiver = (opcode: number, bytes: Uint8Array, start: number, end: number) => void;

/** The stream is not what a server may send; the connection is of no further use. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
}

/** Cuts a byte stream into frames. */
export class FrameParser {
  readonly #receive: FrameReceiver;
  /** Beginning of a frame whose end has not arrived; only the first `#carried` bytes count. */
  #carry: Uint8Array = noBytes;
  #carried = 0;

  constructor(receive: FrameReceiver) {
    this.#receive = receive;
  }

  /**
   * Takes the next `length` bytes of the stream, and hands on every frame that they complete.
   * @throws {BrokenStream} and must not be called again then
   */
  push(bytes: Uint8Array, length = bytes.length): void {
    let start = this.#carried === 0 ? 0 : this.#complete(bytes, length);
    while (start < length) {
      const needed = neededBytes(bytes, start, length);
      if (needed > length - start) {
        this.#carryOver(bytes, start, length, needed);
        return;
      }
      this.#hand(bytes, start, start + needed);
      start += needed;
    }
  }

  /** Adds to the carried frame what it lacks. Returns how many of the bytes went into it. */
  #complete(bytes: Uint8Array, length: number): number {
    let used = 0;
    let needed = neededBytes(this.#carry, 0, this.#carried);
    while (needed > this.#carried) {
      if (used === length) return used;
      const end = Math.min(length, used + needed - this.#carried);
      this.#carryOver(bytes, used, end, needed);
      used = end;
      needed = neededBytes(this.#carry, 0, this.#carried);
    }
    this.#carried = 0;
    const frame = this.#carry;
    if (frame.length > keptBytes) this.#carry = noBytes;
    this.#hand(frame, 0, needed);
    return used;
  }

  #carryOver(bytes: Uint8Array, start: number, end: number, needed: number): void {
    if (this.#carry.length < needed) {
      const larger = new Uint8Array(needed);
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(bytes.subarray(start, end), this.#carried);
    this.#carried += end - start;
  }

  #hand(bytes: Uint8Array, start: number, end: number): void {
    const first = bytes[start]!;
    const opcode = first & 0x0f;
    const payload = start + headerBytes(bytes[start + 1]!);
    checkFrame(first, end - payload);
    this.#receive(opcode, bytes, payload, end);
  }
}

/**
 * How many bytes the frame at `start` has. While its header is incomplete: how many are needed to know more, which is
 * always more than there are.
 */
function neededBytes(bytes: Uint8Array, start: number, end: number): number {
  const available = end - start;
  if (available < 2) return 2;
  const second = bytes[start + 1]!;
  if (second >= 0x80) throw new BrokenStream('a server must not mask its frames');
  const header = headerBytes(second);
  if (available < header) return header;
  return header + payloadLength(bytes, start, second);
}

/** RFC 6455 §5.2: the second byte says whether 0, 2 or 8 more bytes of length follow. */
function headerBytes(second: number): number {
  if (second < 126) return 2;
  return second === 126 ? 4 : 10;
}

function payloadLength(bytes: Uint8Array, start: number, second: number): number {
  if (second < 126) return second;
  if (second === 126) return bytes[start + 2]! * 0x100 + bytes[start + 3]!;
  let length = 0;
  for (let at = start + 2; at < start + 10; at++) length = length * 0x100 + bytes[at]!;
  if (length > maxPayloadBytes) throw new BrokenStream(`a frame of ${length} bytes`);
  return length;
}

function checkFrame(first: number, length: number): void {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) throw new BrokenStream('a reserved bit is set, but no extension was agreed');
  if (opcode === 0 || first < 0x80) throw new BrokenStream('a fragmented message');
  if (opcode >= opcodes.close && length > 125) throw new BrokenStream(`a control frame of ${length} bytes`);
}

/**
 * Writes one frame as a client must: masked (RFC 6455 §5.3).
 * @param mask 4 bytes that the application cannot foresee
 */
export function clientFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Buffer {
  const header = clientHeader(opcode, payload.length);
  const frame = Buffer.allocUnsafe(header.length + 4 + payload.length);
  frame.set(header);
  frame.set(mask, header.length);
  const at = header.length + 4;
  for (let i = 0; i < payload.length; i++) frame[at + i] = payload[i]! ^ mask[i & 3]!;
  return frame;
}

function clientHeader(opcode: number, length: number): Buffer {
  const size = length < 126 ? 2 : length <= 0xffff ? 4 : 10;
  const header = Buffer.alloc(size);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (size === 2 ? length : size === 4 ? 126 : 127);
  if (size === 4) header.writeUInt16BE(length, 2);
  if (size === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
