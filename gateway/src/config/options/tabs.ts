import { integer } from '../kinds.js';
import { one } from '../option.js';

/** What one tab may cost. */
export const tabs = {
  'max-payload': one(integer(1024, 1_048_576, 'bytes'), 65_536, {
    sentence: 'Longest frame that a tab may send.',
  }),
  'max-backpressure': one(integer(65_536, 16_777_216, 'bytes'), 262_144, {
    sentence: 'How much may wait for a slow tab before it is closed with 4001.',
  }),
} as const;
