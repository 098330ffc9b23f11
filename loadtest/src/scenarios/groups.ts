import { circles, loadCrowd } from './crowds.js';
import { resultOf } from './load-report.js';
import type { Scenario } from './scenario.js';
import { sendingOf, type UsualName, usualOptions } from './usual-options.js';

/** A stream per group, as a chat with many rooms has it. */
export const groups: Scenario<'tabs' | 'group-size' | 'groups-per-tab' | 'per-second' | UsualName> = {
  name: 'groups',
  about: 'A chat: many groups, something is said in one after the other.',
  options: {
    tabs: { default: 2000, about: 'tabs, each of a user of its own' },
    'group-size': { default: 20, about: 'tabs in one group' },
    'groups-per-tab': { default: 3, about: 'groups that each tab is in' },
    'per-second': { default: 500, about: 'messages per second in all groups together' },
    ...usualOptions,
  },
  async run(lab, options) {
    const crowd = circles(options.tabs, options['group-size'], options['groups-per-tab']);
    return resultOf(await loadCrowd(lab, { crowd, ...sendingOf(options) }));
  },
};
