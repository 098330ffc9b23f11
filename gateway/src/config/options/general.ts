import { choice, optional, text } from '../kinds.js';
import { one } from '../option.js';

/** What concerns the process as a whole. */
export const general = {
  mode: one(choice('production', 'development'), 'production', {
    sentence:
      '`development` relaxes checks and changes the defaults marked below; it listens on this machine only.',
  }),
  handlers: one(optional(text('a path')), '', {
    sentence: 'Module whose functions handle the actions of tabs. Empty: nothing handles them.',
  }),
  'log-level': one(choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'info', {
    development: 'warn',
    sentence: 'The least severe log lines that are written.',
  }),
} as const;
