import { choice, integer, optional, text, workerCount } from '../kinds.js';
import { one } from '../option.js';

/** What concerns the process as a whole. */
export const general = {
  mode: one(choice('production', 'development'), 'production', {
    sentence:
      '`development` relaxes checks and changes the defaults marked below; it listens on this machine only.',
  }),
  workers: one(workerCount, 1, {
    sentence:
      'How many gateways to run side by side on the same ports, one per core of the machine at most. More than one needs a `redis-url`.',
  }),
  handlers: one(optional(text('a path')), '', {
    sentence: 'Module whose functions handle the actions of tabs. Empty: nothing handles them.',
  }),
  'offline-delay': one(integer(1500, 600_000, 'ms'), 5000, {
    sentence:
      'How long a user must have been without a tab before the application is told that it is offline, so that a page that reloads is no event.',
  }),
  'log-level': one(choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'info', {
    development: 'warn',
    reload: true,
    sentence: 'The least severe log lines that are written.',
  }),
} as const;
