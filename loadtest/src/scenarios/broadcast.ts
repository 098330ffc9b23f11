import { audience, loadCrowd } from './crowds.js';
import { resultOf } from './load-report.js';
import type { Scenario } from './scenario.js';
import { sendingOf, type UsualName, usualOptions } from './usual-options.js';

/** One stream to everyone. */
export const broadcast: Scenario<'tabs' | 'per-second' | UsualName> = {
  name: 'broadcast',
  about: 'What it costs and how long it takes to tell everyone.',
  options: {
    tabs: { default: 1000, about: 'tabs, each of which gets every message' },
    'per-second': { default: 100, about: 'messages per second' },
    ...usualOptions,
  },
  async run(lab, options) {
    return resultOf(await loadCrowd(lab, { crowd: audience(options.tabs), ...sendingOf(options) }));
  },
};
