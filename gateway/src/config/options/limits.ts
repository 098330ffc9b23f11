import { integer, trueOrFalse } from '../kinds.js';
import { one } from '../option.js';

/** How many may come in, and how fast. */
export const limits = {
  'max-tabs': one(integer(0, 10_000_000, 'tabs'), 0, {
    reload: true,
    sentence:
      'How many tabs this gateway holds; further handshakes are refused with 503. 0: 512 fewer than the files that the process may open.',
  }),
  'max-tabs-per-address': one(integer(0, 1_000_000, 'tabs'), 0, {
    reload: true,
    sentence:
      'How many tabs of this gateway may come from one address, or from one /64 of IPv6; further handshakes are refused with 429. 0: any number.',
  }),
  'handshake-rate': one(integer(0, 100_000, 'handshakes per second'), 1000, {
    reload: true,
    sentence:
      'How many handshakes may pass in a second; the others are refused with 503 and told in `Retry-After` when to come back. 0: any number.',
  }),
  'handshake-burst': one(integer(1, 100_000, 'handshakes'), 100, {
    reload: true,
    sentence: 'How many handshakes may pass at once after a pause.',
  }),
  'max-lag': one(integer(0, 60_000, 'ms'), 200, {
    reload: true,
    sentence:
      'Handshakes are refused with 503 while the event loop keeps standing still for longer than this. 0: never.',
  }),
  'limits-dry-run': one(trueOrFalse, false, {
    reload: true,
    sentence:
      'Whether limits are only counted, in `tabcast_limits_hit_total`, to find good values. What open files allow holds all the same.',
  }),
} as const;
