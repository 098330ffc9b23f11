import { detailsOf, type Frame, jsonProtocol, type Refused } from '@tabcast/shared';
import type { Payload } from './socket.js';

/** How frames are written as messages of a WebSocket. */
export interface Codec {
  /** Sub-protocol that asks for it. */
  readonly protocol: string;
  /** Given where messages are binary. */
  readonly binaryType?: 'arraybuffer';
  /** Throws where `details` hold what cannot be written. */
  encode(frame: Frame): Payload;
  /** Reads what `onmessage` brought; never throws. */
  decode(data: unknown): Frame | Refused;
}

export const json: Codec = {
  protocol: jsonProtocol,
  encode: JSON.stringify,
  decode(data) {
    try {
      const { action, details, re, at } = JSON.parse(data as string);
      // What would be an error here is all that is looked at: a gateway checks what it sends, and pages load every byte.
      if (typeof action === 'string' && (at === undefined || Array.isArray(at)))
        return { action, details: detailsOf(details), re, at };
    } catch {}
    return { refused: 'expected JSON' };
  },
};
