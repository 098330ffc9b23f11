import { choice, integer } from '../kinds.js';
import { many, one } from '../option.js';

/** What one tab may cost. */
export const tabs = {
  'max-payload': one(integer(1024, 1_048_576, 'bytes'), 65_536, {
    sentence: 'Longest frame that a tab may send.',
  }),
  'max-backpressure': one(integer(65_536, 16_777_216, 'bytes'), 262_144, {
    sentence: 'How much may wait for a slow tab before it is closed with 4001.',
  }),
  'tab-messages-per-second': one(integer(0, 100_000, 'frames'), 50, {
    reload: true,
    sentence:
      'Frames that a tab may send in a second, four times as many at once after a pause. 0: any number.',
  }),
  'tab-bytes-per-second': one(integer(0, 1_073_741_824, 'bytes'), 262_144, {
    reload: true,
    sentence: 'How much a tab may send in a second, four times as much at once after a pause. 0: any amount.',
  }),
  'tab-joins-per-second': one(integer(0, 100_000, 'joins'), 25, {
    reload: true,
    sentence:
      'Groups that a tab may join in a second, four times as many at once after a pause. 0: any number.',
  }),
  'max-groups': one(integer(1, 10_000, 'groups'), 100, {
    reload: true,
    sentence:
      'Groups that a tab may be in at once, whether its token, its client or the backend put it there.',
  }),
  'max-tabs-per-user': one(integer(0, 100_000, 'tabs'), 0, {
    reload: true,
    sentence: 'Tabs that one user may have in the whole cluster. 0: any number.',
  }),
  'max-tabs-policy': one(choice('reject', 'close-oldest'), 'reject', {
    reload: true,
    sentence:
      'What one tab of a user too many means: `reject` closes it with 4409, `close-oldest` closes the oldest with 4410.',
  }),
  'stall-timeout': one(integer(1000, 300_000, 'ms'), 10_000, {
    sentence: 'How long a tab may leave unread what waits for it before it is closed with 4008.',
  }),
  'latest-channels': many(choice('all', 'registered', 'user', 'group'), {
    sentence:
      'Kinds of channels of which a tab that is behind gets only the latest frame of each action, as dashboards want it. They keep no history, whatever `history-…` says, and cost a write for each tab.',
  }),
} as const;
