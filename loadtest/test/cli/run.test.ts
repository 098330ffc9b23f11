import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLosses } from '../../src/books/ledger.js';
import { runScenario } from '../../src/cli/run.js';
import type { Fleets } from '../../src/fleet/fleets.js';
import type { Result } from '../../src/report/result.js';
import { idle } from '../../src/scenarios/idle.js';
import { scenarios } from '../../src/scenarios/index.js';
import { ramp } from '../../src/scenarios/ramp.js';
import type { Lab, Scenario } from '../../src/scenarios/scenario.js';
import { sends } from '../../src/scenarios/sends.js';
import { thisMachine } from '../../src/servers/machine.js';

const target = {
  ...{ name: 'a target', servers: [{}, {}], dialect: {}, tab: () => ({}), api: () => ({}) },
  usage: async () => [],
} as unknown as Lab['target'];

/** Runs it as it is by default, and interrupts it when it opens tabs, which never come. */
function interrupted(scenario: Scenario): Promise<Result> {
  const interruption = new AbortController();
  const open = () => {
    setImmediate(() => interruption.abort());
    return new Promise(() => {});
  };
  const fleet = () => ({ prepare: async () => {}, open, stop: () => {} }) as unknown as Fleets;
  const usual = Object.entries(scenario.options).map(([name, option]) => [name, option.default]);
  const options = { ...Object.fromEntries(usual), settle: 0.01 };
  const lab = { target, fleet, signal: interruption.signal, progress: () => {} };
  return runScenario(scenario, options, lab, thisMachine());
}

for (const scenario of scenarios)
  test(`${scenario.name} has a result when tabs are still being opened`, async () => {
    const { problems, losses, figures } = await interrupted(scenario);
    assert.match(problems.join('\n'), /Interrupted/);
    assert.deepEqual(losses, noLosses);
    assert.ok(figures.every(({ value }) => Number.isNaN(value)));
  });

for (const scenario of [idle, ramp, sends])
  test(`${scenario.name} tells then what it knows so far`, async () => {
    const { figures } = await interrupted(scenario);
    assert.ok(figures.length > 0);
  });
