import { noLosses } from '../books/ledger.js';
import type { Machine, Result } from '../report/result.js';
import { unlessInterrupted } from '../scenarios/opening.js';
import type { Lab, Scenario } from '../scenarios/scenario.js';

/** What there is of a run that ended before it had measured anything. */
const nothing = {
  ...{ figures: [], losses: noLosses, series: [] },
  problems: ['Interrupted while tabs were being opened, before there was anything to tell.'],
};

/** Runs a scenario and writes down what it was asked and where. */
export async function runScenario(
  scenario: Scenario,
  options: Readonly<Record<string, number>>,
  lab: Lab,
  machine: Machine,
): Promise<Result> {
  const date = new Date().toISOString();
  const found = (await unlessInterrupted(scenario.run(lab, options))) ?? nothing;
  return { scenario: scenario.name, target: lab.target.name, date, machine, options, ...found };
}
