import { loadCrowd, users as usersOf } from './crowds.js';
import { resultOf } from './load-report.js';
import type { Scenario } from './scenario.js';
import { sendingOf, type UsualName, usualOptions } from './usual-options.js';

/** A stream per user. */
export const users: Scenario<'tabs' | 'tabs-per-user' | 'per-second' | UsualName> = {
  name: 'users',
  about: 'What it costs and how long it takes to reach every tab of one user among many.',
  options: {
    tabs: { default: 5000, about: 'tabs of all users together' },
    'tabs-per-user': { default: 2, about: 'tabs that one user has open' },
    'per-second': { default: 5000, about: 'messages per second, to one user after the other' },
    ...usualOptions,
  },
  async run(lab, options) {
    return resultOf(
      await loadCrowd(lab, { crowd: usersOf(options.tabs, options['tabs-per-user']), ...sendingOf(options) }),
    );
  },
};
