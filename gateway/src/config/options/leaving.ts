import { integer, trueOrFalse } from '../kinds.js';
import { one } from '../option.js';

/** How tabs leave although nothing is wrong with them. */
export const leaving = {
  'drain-lame-duck': one(integer(0, 300_000, 'ms'), 5000, {
    development: 0,
    sentence:
      'How long a gateway that stops still accepts tabs, because load balancers go on sending them for a while.',
  }),
  'drain-window': one(integer(0, 3_600_000, 'ms'), 60_000, {
    development: 0,
    sentence:
      'Over how long a gateway that stops spreads the closes of its tabs. 0: all at once, without a hint before.',
  }),
  rebalance: one(trueOrFalse, false, {
    sentence: 'Whether a gateway asks tabs to move while it holds more than 10 % above the mean.',
  }),
  'max-age': one(integer(0, 604_800, 's'), 0, {
    sentence:
      'Age at which a connection is closed with 4006, give or take a quarter at random. 0: connections may grow as old as they like.',
  }),
} as const;
