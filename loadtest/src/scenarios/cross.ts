import type { Percentiles } from '../books/latency.js';
import { addLosses } from '../books/ledger.js';
import type { Figure } from '../report/result.js';
import { BareRedis } from './bare-redis.js';
import { type CrowdLoad, loadCrowd, users } from './crowds.js';
import { cpuPerDelivery, type LoadReport, problemsOf } from './load-report.js';
import { unlessInterrupted } from './opening.js';
import type { Lab, Scenario } from './scenario.js';
import { sendingOf, type UsualName, usualOptions } from './usual-options.js';
import { pass } from './waiting.js';

/** A stream per user, whose tabs are on two gateways; then the same on one. */
export const cross: Scenario<'tabs' | 'tabs-per-user' | 'per-second' | UsualName> = {
  name: 'cross',
  about: 'What latency two gateways add, over one and over Redis: half of the tabs of each user are on each.',
  options: {
    tabs: { default: 1000, about: 'tabs of all users together' },
    'tabs-per-user': { default: 2, least: 2, about: 'tabs that one user has open' },
    'per-second': { default: 1000, about: 'messages per second, to one user after the other' },
    ...usualOptions,
  },
  async run(lab, options) {
    const { servers } = lab.target;
    if (servers.length < 2) throw new RangeError(`cross: expected two gateways, ${lab.target.name} has one`);
    const load = {
      crowd: users(options.tabs, options['tabs-per-user']),
      ...sendingOf(options),
    };
    const two = await besideRedis(lab, { ...load, servers: servers.slice(0, 2) });
    const one = lab.signal.aborted
      ? undefined
      : await unlessInterrupted(besideRedis(lab, { ...load, servers: servers.slice(0, 1) }));
    const parts = [
      { name: 'On two gateways', report: two.report },
      ...(one === undefined ? [] : [{ name: 'On one gateway', report: one.report }]),
    ];
    const { latency, histogram, series } = two.report;
    return {
      figures: [
        ...figuresOf(latency, one?.report.latency ?? unknown, two.redis),
        {
          name: 'Redis CPU per message for the second gateway',
          unit: 'µs',
          value: (redisCpu(two.report) - redisCpu(one?.report)) * options['tabs-per-user'],
        },
      ],
      ...{ latency, histogram, series },
      losses: addLosses(parts.map(({ report }) => report.losses)),
      problems: [
        ...parts.flatMap(({ name, report }) => problemsOf(report).map((problem) => `${name}: ${problem}`)),
        ...(one === undefined ? ['Interrupted before the load on one gateway: nothing is subtracted.'] : []),
      ],
    };
  },
};

function redisCpu(report: LoadReport | undefined): number {
  return report === undefined ? Number.NaN : cpuPerDelivery(report, 'redis');
}

type Middle = Pick<Percentiles, 'p50' | 'p99'>;

const unknown: Middle = { p50: Number.NaN, p99: Number.NaN };

/** A load, and the latency of a bare subscriber of the same Redis meanwhile, if the target lets us at its Redis. */
async function besideRedis(lab: Lab, load: CrowdLoad) {
  const { redis } = lab.target;
  if (redis === undefined) return { report: await loadCrowd(lab, load), redis: unknown };
  const bare = new BareRedis();
  try {
    await bare.begin(redis, load.textBytes);
    const quiet = { signal: lab.signal, progress: () => {} };
    const report = await loadCrowd(lab, {
      ...load,
      during: async () => {
        await bare.beginWindow();
        await pass(quiet, 'window', load.times.window);
        await bare.endWindow();
      },
    });
    return { report, redis: await bare.end() };
  } finally {
    bare.stop();
  }
}

function figuresOf(two: Middle, one: Middle, redis: Middle): Figure[] {
  return (['p50', 'p99'] as const).flatMap((name) => [
    { name: `${name} on two gateways`, unit: 'ms', value: two[name] },
    { name: `${name} on one gateway`, unit: 'ms', value: one[name] },
    { name: `${name} of Redis, publish to subscriber`, unit: 'ms', value: redis[name] },
    { name: `${name} added over one gateway`, unit: 'ms', value: two[name] - one[name] },
    { name: `${name} added over Redis`, unit: 'ms', value: two[name] - redis[name] },
  ]);
}
