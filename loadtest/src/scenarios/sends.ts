import { addLosses } from '../books/ledger.js';
import type { Figure } from '../report/result.js';
import type { Dealing } from '../sending/plan.js';
import { Climb } from './climb.js';
import { loadCrowd, users } from './crowds.js';
import type { LoadReport } from './load-report.js';
import type { Lab, Scenario } from './scenario.js';
import { timesOf, type UsualName, usualOptions } from './usual-options.js';

type Name = 'tabs' | 'batch' | 'lanes' | 'batch-lanes' | 'start' | 'bound' | UsualName;
type Options = Readonly<Record<Name, number>>;

/**
 * `POST /v1/send` to one user after the other, each with a tab: one send in a request, then many. Without idempotency keys, and
 * so without repetitions: what is refused is beyond the knee.
 */
export const sends: Scenario<Name> = {
  name: 'sends',
  about: 'How many sends a second the HTTP API takes, one in a request and many, each delivered to one tab.',
  options: {
    tabs: { default: 1000, about: 'tabs, each of a user of its own' },
    batch: { default: 100, about: 'sends in one request where there are many' },
    lanes: { default: 64, about: 'connections for single sends; each has one request under way' },
    'batch-lanes': {
      default: 4,
      about: 'connections for many: the fewer, the more sends wait for a request',
    },
    start: { default: 1000, about: 'sends per second of the first step; it is doubled, then bisected' },
    bound: { default: 100, fraction: true, about: 'what p99 must stay under, ms' },
    ...usualOptions,
    'warm-up': { default: 2, fraction: true, about: 'load of each step before anything is measured, s' },
    window: { default: 4, fraction: true, about: 'what is measured of each step, s' },
  },
  async run(lab, options) {
    const single = await climbWith(lab, options, { batch: 1, lanes: options.lanes });
    const batched = await climbWith(lab, options, { batch: options.batch, lanes: options['batch-lanes'] });
    const ways = [
      { ...single, name: 'one in a request' },
      { ...batched, name: `${options.batch} in a request` },
    ];
    return {
      figures: ways.flatMap(({ name, knee, climb }) => figuresOf(name, knee, climb.best?.report)),
      losses: addLosses(ways.map(({ climb }) => climb.losses)),
      series: ways.flatMap(({ name, climb }) =>
        climb.series().map((series) => ({ ...series, name: `${series.name}, ${name}` })),
      ),
      problems: ways.flatMap(({ name, climb }) =>
        climb.problems(lab).map((problem) => `With ${name}: ${problem}`),
      ),
    };
  },
};

async function climbWith(lab: Lab, options: Options, dealing: Dealing) {
  const { target } = lab;
  if (target.api === undefined) throw new RangeError(`sends: ${target.name} has no HTTP API to send to`);
  const crowd = users(options.tabs, 1);
  const way = target.api(crowd.destinations, { ...dealing, repeats: false });
  const climb = new Climb(options.bound);
  const knee = await climb.climb(lab, options.start, (step, perSecond) =>
    loadCrowd(step, { crowd, perSecond, textBytes: options['text-bytes'], times: timesOf(options), way }),
  );
  return { knee, climb };
}

function figuresOf(name: string, knee: number, best: LoadReport | undefined): Figure[] {
  const figure = (what: string, unit: string, value = Number.NaN) => ({
    name: `${what}, ${name}`,
    unit,
    value,
  });
  const gateways = best?.processes.filter(({ role }) => role === 'gateway') ?? [];
  const cpu = gateways.reduce((sum, { cpuPerDelivery }) => sum + cpuPerDelivery, 0);
  return [
    figure('sends sustained', 'per s', knee),
    figure('gateway CPU per send and delivery', 'µs', gateways.length > 0 ? cpu : Number.NaN),
    figure('p50', 'ms', best?.latency.p50),
    figure('p99', 'ms', best?.latency.p99),
  ];
}
