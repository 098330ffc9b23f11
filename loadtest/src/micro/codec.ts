import { decodeJson, encodeJson, type Frame } from '@tabcast/shared';
import { decodeMsgpack, encodeMsgpack } from '@tabcast/shared/msgpack';
import { encodeText, usualTextBytes } from '../books/message.js';
import type { Micro } from './bench.js';

const repeats = 200;

/** Frames as text and as MessagePack, as a client's arrive and a MessagePack tab's leave. */
export const codec: Micro = {
  name: 'codec',
  about: 'a frame of 128 bytes read and written',
  operations() {
    const text = encodeText(usualTextBytes, { stamp: 1, stream: 2, number: 3 });
    const frame: Frame = { action: 'news', details: [text] };
    const json = encodeJson(frame);
    const msgpack = encodeMsgpack(frame);
    return [
      { name: 'decode JSON', repeats, run: () => decodeJson(json) },
      { name: 'encode JSON', repeats, run: () => encodeJson(frame) },
      { name: 'decode MessagePack', repeats, run: () => decodeMsgpack(msgpack) },
      { name: 'encode MessagePack', repeats, run: () => encodeMsgpack(frame) },
    ];
  },
};
