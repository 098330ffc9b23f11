import type { Percentiles } from '../books/latency.js';
import { usualTextBytes } from '../books/message.js';
import type { Figure } from '../report/result.js';
import { users } from './crowds.js';
import { underLoad } from './load.js';
import type { LoadReport } from './load-report.js';
import { fleetPlan, openTabs, tabsPerStream } from './opening.js';
import { Phases } from './phases.js';
import type { Lab, ScenarioOption } from './scenario.js';
import { type Span, useOf } from './use.js';
import { usualOptions } from './usual-options.js';
import { pass } from './waiting.js';

/** Options of a scenario with bystanders. */
export const bystanderOptions = {
  bystanders: { default: 200, about: 'tabs that are there all the time, each of a user of its own' },
  sends: { default: 2000, about: 'messages per second to bystanders, to one after the other' },
  'warm-up': usualOptions['warm-up'],
  calm: { default: 4, fraction: true, about: 'how long bystanders are watched before, s' },
} as const satisfies Record<string, ScenarioOption>;

/** The names of these. */
export type BystanderOption = keyof typeof bystanderOptions;

/** What happens beside the bystanders, by phase, one after the other. */
export type Acts<Phase extends string> = Readonly<Record<Phase, () => Promise<void>>>;

/** What bystanders have felt. Phases that an interruption cut short have no span. */
export interface Witness<Phase extends string> {
  /** Of all their messages. */
  readonly report: LoadReport;
  readonly spans: Readonly<Partial<Record<Phase | 'before', Span>>>;
  latency(phase: Phase | 'before'): Percentiles;
}

/** Lets something happen while bystanders get messages, and tells what they feel of it. */
export async function amongBystanders<Phase extends string>(
  lab: Lab,
  options: Readonly<Record<BystanderOption, number>>,
  acts: Acts<Phase>,
): Promise<Witness<Phase>> {
  const { guests, destinations } = users(options.bystanders, 1);
  const fleet = lab.fleet();
  const phases = new Phases<Phase | 'before' | 'outside'>(fleet, 'outside');
  const spans: Partial<Record<Phase | 'before', Span>> = {};
  const act = async (phase: Phase | 'before', play: () => Promise<void>) => {
    if (lab.signal.aborted) return;
    await phases.enter(phase);
    const from = await useOf(lab.target);
    await play();
    if (!lab.signal.aborted) spans[phase] = { from, to: await useOf(lab.target) };
    await phases.enter('outside');
  };
  try {
    await openTabs(lab, phases, fleetPlan(lab.target, guests, { sampleEvery: 1 }));
    const report = await underLoad(lab, {
      ...{ fleet: phases, destinations, tabsOf: tabsPerStream(guests, destinations.length) },
      ...{ textBytes: usualTextBytes, perSecond: options.sends },
      times: { warmUp: options['warm-up'], window: options.calm },
      during: async () => {
        await act('before', () => pass(lab, 'calm', options.calm));
        for (const phase of Object.keys(acts) as Phase[]) await act(phase, acts[phase]);
      },
    });
    return { report, spans, latency: (phase) => phases.latency(phase) };
  } finally {
    fleet.stop();
  }
}

/**
 * Figures of what they have felt.
 * @param names of the phases, for people
 */
export function bystanderFigures<Phase extends string>(
  witness: Witness<Phase>,
  names: Readonly<Record<Phase | 'before', string>>,
): Figure[] {
  return (Object.keys(names) as (Phase | 'before')[]).map((phase) => ({
    name: `p99 of bystanders, ${names[phase]}`,
    unit: 'ms',
    value: witness.latency(phase).p99,
  }));
}
