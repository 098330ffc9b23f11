import { Climb } from './climb.js';
import { loadCrowd, users } from './crowds.js';
import { cpuPerDelivery } from './load-report.js';
import type { Scenario } from './scenario.js';
import { timesOf, type UsualName, usualOptions } from './usual-options.js';

/** A stream per user, faster and faster. */
export const ramp: Scenario<'tabs' | 'tabs-per-user' | 'start' | 'bound' | UsualName> = {
  name: 'ramp',
  about:
    'The knee: the highest rate of sends to users with p99 under a bound and without losses, within 10 %.',
  options: {
    tabs: { default: 1000, about: 'tabs of all users together' },
    'tabs-per-user': { default: 2, about: 'tabs that one user has open' },
    start: { default: 1000, about: 'messages per second of the first step; it is doubled, then bisected' },
    bound: { default: 100, fraction: true, about: 'what p99 must stay under, ms' },
    ...usualOptions,
    window: { default: 5, fraction: true, about: 'what is measured of each step, s' },
  },
  async run(lab, options) {
    const crowd = users(options.tabs, options['tabs-per-user']);
    const climb = new Climb(options.bound);
    const knee = await climb.climb(lab, options.start, (step, perSecond) =>
      loadCrowd(step, { crowd, perSecond, textBytes: options['text-bytes'], times: timesOf(options) }),
    );
    const best = climb.best?.report;
    return {
      figures: [
        { name: 'highest rate sustained', unit: 'per s', value: knee },
        { name: 'deliveries at this rate', unit: 'per s', value: best?.rate ?? Number.NaN },
        {
          name: 'gateway CPU per delivery at this rate',
          unit: 'µs',
          value: best ? cpuPerDelivery(best, 'gateway') : Number.NaN,
        },
      ],
      ...(best && { latency: best.latency, histogram: best.histogram }),
      losses: climb.losses,
      series: climb.series(),
      problems: climb.problems(lab),
    };
  },
};
