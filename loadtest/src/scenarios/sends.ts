import { addLosses } from '../books/ledger.js';
import type { Figure } from '../report/result.js';
import { Climb } from './climb.js';
import { loadCrowd, users } from './crowds.js';
import type { LoadReport } from './load-report.js';
import type { Lab, Scenario } from './scenario.js';
import { timesOf, type UsualName, usualOptions } from './usual-options.js';

type Name = 'tabs' | 'batch' | 'lanes' | 'start' | 'bound' | UsualName;
type Options = Readonly<Record<Name, number>>;

/** `POST /v1/send` to one user after the other, each with a tab: one send in a request, then many. */
export const sends: Scenario<Name> = {
  name: 'sends',
  about: 'How many sends a second the HTTP API takes, one in a request and many, each delivered to one tab.',
  options: {
    tabs: { default: 1000, about: 'tabs, each of a user of its own' },
    batch: { default: 100, about: 'sends in one request where there are many' },
    lanes: { default: 16, about: 'connections to the API; each has one request under way' },
    start: { default: 1000, about: 'sends per second of the first step; it is doubled, then bisected' },
    bound: { default: 100, fraction: true, about: 'what p99 must stay under, ms' },
    ...usualOptions,
    'warm-up': { default: 2, fraction: true, about: 'load of each step before anything is measured, s' },
    window: { default: 4, fraction: true, about: 'what is measured of each step, s' },
  },
  async run(lab, options) {
    const single = await climbWith(lab, options, 1);
    const batched = await climbWith(lab, options, options.batch);
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

async function climbWith(lab: Lab, options: Options, batch: number) {
  const { target } = lab;
  if (target.api === undefined) throw new RangeError(`sends: ${target.name} has no HTTP API to send to`);
  const crowd = users(options.tabs, 1);
  const way = target.api(crowd.destinations, { batch, lanes: options.lanes });
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
