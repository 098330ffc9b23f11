import { decodeEnvelope, encodeEnvelope } from '@tabcast/gateway/internal/broker/envelope';
import { placedFrame } from '@tabcast/gateway/internal/fanout/frame';
import { encodeJson } from '@tabcast/shared';
import { encodeText, usualTextBytes } from '../books/message.js';
import type { Micro } from './bench.js';

const repeats = 200;

/** What a publication goes through between the HTTP body and the tabs. */
export const envelope: Micro = {
  name: 'envelope',
  about: 'what crosses Redis, and the position spliced into a frame of 128 bytes',
  operations() {
    const text = encodeText(usualTextBytes, { stamp: 1, stream: 2, number: 3 });
    const frame = Buffer.from(encodeJson({ action: 'news', details: [text] }));
    const filter = { except: '0123456789ab.000000001' };
    const plain = encodeEnvelope(frame);
    const filtered = encodeEnvelope(frame, filter);
    return [
      { name: 'read a plain one', repeats, run: () => decodeEnvelope(plain) },
      { name: 'write one with a filter', repeats, run: () => encodeEnvelope(frame, filter) },
      { name: 'read one with a filter', repeats, run: () => decodeEnvelope(filtered) },
      {
        name: 'splice a position',
        repeats,
        run: () => placedFrame(frame, 'user:42', '1763712000-123456').json,
      },
    ];
  },
};
