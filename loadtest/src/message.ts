/**
 * The message of a load test: a frame of a fixed size that says in fixed columns when it was due and which of its
 * channel's messages it is, so that a receiver reads both without parsing JSON. It is published as it is, for a frame
 * to all tabs of a channel is an envelope.
 *
 *     {"action":"load","details":["<stamp, 16 digits> <number, 10 digits> xxx…"]}
 */

const opening = '{"action":"load","details":["';
const closing = '"]}';
const stampDigits = 16;
const numberDigits = 10;
const stampStart = opening.length;
const numberStart = stampStart + stampDigits + 1;
const numberEnd = numberStart + numberDigits;
/** The `l` of `load`: enough to tell our messages from a server's own, which begin with `sys/`. */
const markStart = opening.indexOf('load');
const mark = opening.charCodeAt(markStart);

/** Smallest size that a message can have, bytes. */
export const minMessageBytes = numberEnd + 1 + closing.length;

/**
 * Writes a message, ASCII.
 * @param size in bytes, at least `minMessageBytes`
 * @param stamp when it is due, ns of `process.hrtime`; exact for the first 104 days of a machine
 * @param number which of its channel's messages it is, from 0
 */
export function encodeMessage(size: number, stamp: number, number: number): string {
  if (size < minMessageBytes)
    throw new RangeError(`expected a size of at least ${minMessageBytes}, got ${size}`);
  const stampText = String(stamp).padStart(stampDigits, '0');
  const numberText = String(number).padStart(numberDigits, '0');
  return `${`${opening}${stampText} ${numberText} `.padEnd(size - closing.length, 'x')}${closing}`;
}

/** Whether the payload from `start` up to `end` is a message of ours. */
export function isMessage(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= minMessageBytes && bytes[start + markStart] === mark;
}

/** When the message at `start` was due, ns of `process.hrtime`. */
export function readStamp(bytes: Uint8Array, start: number): number {
  return readDigits(bytes, start + stampStart, start + stampStart + stampDigits);
}

/** Which of its channel's messages the one at `start` is. */
export function readNumber(bytes: Uint8Array, start: number): number {
  return readDigits(bytes, start + numberStart, start + numberEnd);
}

function readDigits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + bytes[at]! - 48;
  return value;
}
