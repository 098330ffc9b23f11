/**
 * The message of a load test: a text of a fixed size that says in fixed columns when it was due, which stream it belongs to and
 * which of that stream's messages it is, so that a receiver reads all three without parsing a frame. It is ASCII without
 * anything that JSON escapes, so it stands in the frames of every server as it is.
 *
 *     load <stamp, 17 digits> <stream, 8 digits> <number, 10 digits> xxx…
 *
 * A stream is what one sender sends to one target, in order: its messages are numbered from 0 without gaps.
 */

const mark = 'load ';
const stampDigits = 17;
const streamDigits = 8;
const numberDigits = 10;
const stampStart = mark.length;
const streamStart = stampStart + stampDigits + 1;
const numberStart = streamStart + streamDigits + 1;
const numberEnd = numberStart + numberDigits;

/** Smallest size that a text can have, bytes. */
export const minTextBytes = numberEnd + 1;

/** Size of a text where nothing else is asked for, bytes: as an action of tabcast it makes a frame of 128. */
export const usualTextBytes = 96;

/** Where a text stands in time and order. */
export interface Postmark {
  /** When it was due, ns of the sender's `process.hrtime`; up to 3 years of a machine, exact for its first 104 days. */
  readonly stamp: number;
  /** From 0. */
  readonly stream: number;
  /** Which of its stream's messages it is, from 0. */
  readonly number: number;
}

/**
 * Writes a text, ASCII.
 * @param size in bytes, at least `minTextBytes`
 */
export function encodeText(size: number, { stamp, stream, number }: Postmark): string {
  if (size < minTextBytes) throw new RangeError(`expected a size of at least ${minTextBytes}, got ${size}`);
  const columns = [digits(stamp, stampDigits), digits(stream, streamDigits), digits(number, numberDigits)];
  return `${mark}${columns.join(' ')} `.padEnd(size, 'x');
}

/** Whether the bytes from `start` up to `end` are a text of ours. */
export function isText(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < minTextBytes) return false;
  for (let at = 0; at < mark.length; at++) if (bytes[start + at] !== mark.charCodeAt(at)) return false;
  return true;
}

/** When the text at `start` was due. */
export function readStamp(bytes: Uint8Array, start: number): number {
  return readDigits(bytes, start + stampStart, stampDigits);
}

/** The stream that the text at `start` belongs to. */
export function readStream(bytes: Uint8Array, start: number): number {
  return readDigits(bytes, start + streamStart, streamDigits);
}

/** Which of its stream's messages the text at `start` is. */
export function readNumber(bytes: Uint8Array, start: number): number {
  return readDigits(bytes, start + numberStart, numberDigits);
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function readDigits(bytes: Uint8Array, start: number, width: number): number {
  let value = 0;
  for (let at = start; at < start + width; at++) value = value * 10 + bytes[at]! - 48;
  return value;
}
