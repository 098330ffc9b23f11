import type { Percentiles } from '../books/latency.js';
import { addLosses } from '../books/ledger.js';
import type { Fleets } from '../fleet/fleets.js';
import type { Pace, Reading } from '../fleet/plan.js';
import type { Figure } from '../report/result.js';
import {
  amongBystanders,
  type BystanderOption,
  bystanderFigures,
  bystanderOptions,
  type Witness,
} from './bystanders.js';
import { problemsOf } from './load-report.js';
import { fleetPlan, openTabs } from './opening.js';
import { Phases } from './phases.js';
import { comesBack, type ReturnOption, returnOptions, returnPace, returnProblems } from './returning.js';
import type { Lab, Scenario } from './scenario.js';
import { cpuBeyond, cpuIn, cpuPercent, lengthOf, type Span, useOf } from './use.js';
import { pass, unlessAborted } from './waiting.js';

/** How long all are away: servers are done with the ends of connections before the handshakes come, s. */
const away = 1;

type Act = 'lost' | 'back';

/** Each tab is in the channels of everyone, of the registered and of a user of its own, and resumes in all of them. */
export const storm: Scenario<ReturnOption | BystanderOption> = {
  name: 'storm',
  about:
    'What it takes when many tabs lose their connections and come back at once, and what others feel of it.',
  options: { ...returnOptions, ...bystanderOptions },
  async run(lab, options) {
    const fleet = lab.fleet();
    try {
      const crowd = new Phases<'first' | Act>(fleet, 'first');
      await fleet.prepare(options.tabs);
      const first = await connect(lab, crowd, options.tabs, returnPace(options));
      const witness = await amongBystanders<Act>(lab, options, {
        lost: () => lose(lab, fleet, crowd),
        back: () => comeBack(lab, fleet, crowd, returnPace(options)),
      });
      const reading = await crowd.read();
      const { report } = witness;
      return {
        figures: [
          ...openingFigures(
            'first time',
            options.tabs,
            first,
            cpuIn(first, 'gateway'),
            crowd.welcome('first'),
          ),
          ...stormFigures(options.tabs, witness, crowd.welcome('back'), reading),
          ...bystanderFigures(witness, {
            before: 'before',
            lost: 'as the tabs are lost',
            back: 'in the storm',
          }),
        ],
        ...{ latency: report.latency, histogram: report.histogram, series: report.series },
        losses: addLosses([report.losses, await crowd.settle([])]),
        problems: [...problemsOf(report), ...returnProblems(reading, options.tabs)],
      };
    } finally {
      fleet.stop();
    }
  },
};

/** Opens all tabs the first time. */
async function connect(lab: Lab, crowd: Phases<'first' | Act>, tabs: number, pace: Pace): Promise<Span> {
  const guests = Array.from({ length: tabs }, (_, tab) => ({ user: `storm${tab}`, streams: [] }));
  const plan = fleetPlan(lab.target, guests, { ...pace, comesBack });
  const from = await useOf(lab.target);
  await openTabs(lab, crowd, plan);
  const to = await useOf(lab.target);
  await crowd.look();
  return { from, to };
}

async function lose(lab: Lab, fleet: Fleets, crowd: Phases<Act | 'first'>): Promise<void> {
  await crowd.enter('lost');
  await fleet.cut();
  await pass(lab, 'away', away);
}

async function comeBack(lab: Lab, fleet: Fleets, crowd: Phases<Act | 'first'>, pace: Pace): Promise<void> {
  await crowd.enter('back');
  lab.progress({ phase: 'storm', done: 0 });
  await unlessAborted(lab, fleet.reopen(pace));
  await crowd.look();
}

function stormFigures(
  tabs: number,
  { spans }: Witness<Act>,
  welcome: Percentiles,
  { failures, unrecovered }: Reading,
): Figure[] {
  const cpu = cpuBeyond(spans.before, spans.back, 'gateway');
  return [
    ...openingFigures('in the storm', tabs, spans.back, cpu, welcome),
    { name: 'attempts in vain', unit: '', value: failures },
    { name: 'told gaps', unit: '', value: unrecovered },
  ];
}

/**
 * How tabs got in. CPU near 100 % of a core tells that it was the gateway that could not take more per second; attempts in
 * vain, that it would not.
 * @param cpu of all gateways for it, µs
 */
function openingFigures(
  when: string,
  tabs: number,
  span: Span | undefined,
  cpu: number,
  { p50, p99, max }: Percentiles,
): Figure[] {
  return [
    { name: `connects per second, ${when}`, unit: 'per s', value: tabs / lengthOf(span) },
    { name: `time until all are in, ${when}`, unit: 's', value: lengthOf(span) },
    { name: `gateway CPU per connect, ${when}`, unit: 'µs', value: cpu / tabs },
    { name: `gateway CPU, ${when}`, unit: '%', value: cpuPercent(span, 'gateway') },
    { name: `Redis CPU, ${when}`, unit: '%', value: cpuPercent(span, 'redis') },
    { name: `welcome p50, ${when}`, unit: 'ms', value: p50 },
    { name: `welcome p99, ${when}`, unit: 'ms', value: p99 },
    { name: `welcome max, ${when}`, unit: 'ms', value: max },
  ];
}
