import { addLosses, type Losses } from '../books/ledger.js';
import { usualTextBytes } from '../books/message.js';
import type { Fleets } from '../fleet/fleets.js';
import type { Pace, Reading } from '../fleet/plan.js';
import type { Figure } from '../report/result.js';
import type { SendPlan, SendReport } from '../sending/plan.js';
import type { Sender } from '../sending/sender.js';
import { Worker } from '../workers/worker.js';
import {
  amongBystanders,
  type BystanderOption,
  bystanderFigures,
  bystanderOptions,
  type Witness,
} from './bystanders.js';
import { lossProblems, problemsOf } from './load-report.js';
import { fleetPlan, openTabs } from './opening.js';
import { comesBack, type ReturnOption, returnOptions, returnPace, returnProblems } from './returning.js';
import type { Lab, Scenario } from './scenario.js';
import { cpuBeyond, cpuPercent, lengthOf } from './use.js';
import { unlessAborted, waitFor } from './waiting.js';

/** Tabs that come back before anything is measured: a gateway that has just been started is slower than it will be. */
const warmUp = 1000;

/** How fast messages are sent that will be missed, /s. */
const sendRate = 20_000;

/** How long tabs may take to get what they have missed, s. */
const patience = 60;

/** Deliveries that stand still for so long will not come, ms. */
const stillness = 2000;

type Options = Readonly<Record<'missed' | ReturnOption, number>>;

/** A stream per tab, all of which is sent while the tabs are away. */
export const resume: Scenario<'missed' | ReturnOption | BystanderOption> = {
  name: 'resume',
  about: 'What it takes when tabs that were away come back at once and get what they have missed.',
  options: {
    ...returnOptions,
    missed: {
      default: 20,
      about: 'messages that each of them has missed; within its history, or they are lost',
    },
    ...bystanderOptions,
  },
  async run(lab, options) {
    const fleets: Fleets[] = [];
    try {
      const early = await leave(lab, fleets, 'early', { ...options, tabs: Math.min(warmUp, options.tabs) });
      await comeBack(lab, early, returnPace(options));
      early.fleet.stop();
      const away = await leave(lab, fleets, 'away', options);
      const witness = await amongBystanders(lab, options, {
        back: () => comeBack(lab, away, returnPace(options)),
      });
      const reading = await away.fleet.read();
      const losses = await settle(away);
      const { report } = witness;
      return {
        figures: figuresOf(options, witness, reading, away.due),
        ...{ latency: report.latency, histogram: report.histogram, series: report.series },
        losses: addLosses([report.losses, losses]),
        problems: [
          ...problemsOf(report),
          ...returnProblems(reading, options.tabs),
          ...lossProblems(losses, away.due).map((problem) => `Of what was missed: ${problem}`),
        ],
      };
    } finally {
      for (const fleet of fleets) fleet.stop();
    }
  },
};

/** Tabs that are away, and what was sent to them meanwhile. */
interface Away {
  readonly fleet: Fleets;
  readonly sent: SendReport;
  /** Messages for all of them. */
  readonly due: number;
}

/** Opens tabs, cuts them off, and sends to them. */
async function leave(lab: Lab, fleets: Fleets[], name: string, { tabs, missed }: Options): Promise<Away> {
  const fleet = lab.fleet();
  fleets.push(fleet);
  const guests = Array.from({ length: tabs }, (_, tab) => ({ user: `${name}${tab}`, streams: [tab] }));
  await openTabs(lab, fleet, fleetPlan(lab.target, guests, { comesBack }));
  const way = await lab.target.way(
    guests.map(({ user }) => ({ user })),
    usualTextBytes,
  );
  await fleet.cut();
  lab.progress({ phase: 'sending what is missed', done: 0, left: (tabs * missed) / sendRate });
  const sent = await sendAll(lab, {
    ...{ way, streams: tabs, textBytes: usualTextBytes, perSecond: sendRate, total: tabs * missed },
  });
  const due = sum(sent.sent) - sum(sent.refused);
  return { fleet, sent, due };
}

async function sendAll(lab: Lab, plan: SendPlan): Promise<SendReport> {
  const sender = new Worker<Sender>(new URL('../sending/sender-process.js', import.meta.url));
  try {
    const sending = sender.ask('send', plan);
    if (!(await unlessAborted(lab, sending))) await sender.ask('stop');
    return await sending;
  } finally {
    sender.stop();
  }
}

/** Brings the tabs back, and waits until they have everything, or will not get more. */
async function comeBack(lab: Lab, { fleet, due }: Away, pace: Pace): Promise<void> {
  await unlessAborted(lab, fleet.reopen(pace));
  let [before, movedAt] = [-1, performance.now()];
  await waitFor(lab, 'catching up', patience, async () => {
    const { received } = await fleet.read();
    if (received !== before) [before, movedAt] = [received, performance.now()];
    return received >= due || performance.now() - movedAt > stillness;
  });
}

/** What was refused was never due. */
async function settle({ fleet, sent }: Away): Promise<Losses> {
  const { lost, ...others } = await fleet.settle(sent.sent);
  return { lost: lost - sum(sent.refused), ...others };
}

function figuresOf(options: Options, witness: Witness<'back'>, reading: Reading, due: number): Figure[] {
  const { before, back } = witness.spans;
  const seconds = reading.received >= due ? lengthOf(back) : Number.NaN;
  return [
    { name: 'time until all have everything', unit: 's', value: seconds },
    { name: 'tabs that resume per second', unit: 'per s', value: options.tabs / seconds },
    { name: 'missed messages delivered per second', unit: 'per s', value: reading.received / seconds },
    {
      name: 'gateway CPU per tab that resumes',
      unit: 'µs',
      value: cpuBeyond(before, back, 'gateway') / options.tabs,
    },
    {
      name: 'Redis CPU per tab that resumes',
      unit: 'µs',
      value: cpuBeyond(before, back, 'redis') / options.tabs,
    },
    { name: 'gateway CPU meanwhile', unit: '%', value: cpuPercent(back, 'gateway') },
    { name: 'attempts in vain', unit: '', value: reading.failures },
    { name: 'told gaps', unit: '', value: reading.unrecovered },
    ...bystanderFigures(witness, { before: 'before', back: 'meanwhile' }),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
