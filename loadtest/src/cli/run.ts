import type { Machine, Result } from '../report/result.js';
import type { Lab, Scenario } from '../scenarios/scenario.js';

/** Runs a scenario and writes down what it was asked and where. */
export async function runScenario(
  scenario: Scenario,
  options: Readonly<Record<string, number>>,
  lab: Lab,
  machine: Machine,
): Promise<Result> {
  const date = new Date().toISOString();
  const found = await scenario.run(lab, options);
  return { scenario: scenario.name, target: lab.target.name, date, machine, options, ...found };
}
