import type { Scenario } from '../scenarios/scenario.js';
import { commonOptions } from './options.js';

/** How `load` is used, with these scenarios and their options. */
export function helpText(scenarios: readonly Scenario[]): string {
  return [
    'usage: npm run load -- <scenario> [--<option> <number> …] (--spawn <gateways> | --url <ws://…> --api <http://…>)',
    ...scenarios.flatMap((scenario) => ['', ...scenarioLines(scenario)]),
    '',
    'With every scenario:',
    ...columns(
      Object.entries(commonOptions).map(([name, { value, about }]) => [
        `--${name} ${value}`.trimEnd(),
        about,
      ]),
    ),
  ].join('\n');
}

function scenarioLines({ name, about, options }: Scenario): string[] {
  return [
    `${name}: ${about}`,
    ...columns(
      Object.entries(options).map((option) => [`--${option[0]} ${option[1].default}`, option[1].about]),
    ),
  ];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
