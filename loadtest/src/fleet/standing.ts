import type { Positions, Welcome } from '@tabcast/shared';

/** How the frames begin that say where a tab stands: the gateway puts `at` before everything else. */
const placed = '{"at":["';
const gap = '"],"action":"sys/gap"';
const welcome = '{"action":"sys/welcome"';

const quote = 0x22;
const backslash = 0x5c;

/**
 * Where a page stands in its channels with history, from what its tabs are told (docs/protocol.md, "History and resume"). It
 * is read out of the bytes of a frame: to parse each would cost more than all else that is done with it.
 */
export class Standing {
  readonly #positions = new Map<string, string>();

  /** What to say first in order to resume; undefined where there is nothing to resume. */
  get resume(): string | undefined {
    if (this.#positions.size === 0) return undefined;
    const positions: Positions = Object.fromEntries(this.#positions);
    return JSON.stringify({ action: 'sys/resume', details: [positions] });
  }

  /**
   * Takes the welcome, of whatever server. Returns in how many channels something may be lost.
   * @throws {SyntaxError} when it is cut off
   */
  enter(bytes: Uint8Array, start: number, end: number): number {
    if (!stands(welcome, bytes, start, end)) return 0;
    const { details } = JSON.parse(text(bytes, start, end)) as { details: [Partial<Welcome>] };
    const { positions = {}, recovered = {} } = details[0];
    // What was missed is yet to come where the channel is recovered: the page still stands before it.
    for (const [channel, position] of Object.entries(positions))
      if (recovered[channel] !== true) this.#positions.set(channel, position);
    return Object.values(recovered).filter((whole) => !whole).length;
  }

  /** Takes any other frame. Returns whether it tells that something is lost. */
  follow(bytes: Uint8Array, start: number, end: number): boolean {
    if (!stands(placed, bytes, start, end)) return false;
    const channel = start + placed.length;
    const channelEnd = endOfString(bytes, channel, end);
    const position = channelEnd + 3; // between them is ","
    const positionEnd = endOfString(bytes, position, end);
    this.#positions.set(unescaped(text(bytes, channel, channelEnd)), text(bytes, position, positionEnd));
    return stands(gap, bytes, positionEnd, end);
  }
}

function stands(words: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < words.length) return false;
  for (let at = 0; at < words.length; at++) if (bytes[start + at] !== words.charCodeAt(at)) return false;
  return true;
}

function endOfString(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

function unescaped(json: string): string {
  return json.includes('\\') ? JSON.parse(`"${json}"`) : json;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}
