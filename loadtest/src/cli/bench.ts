/**
 * `npm run bench`: the short one, to run before and after a change of the hot path: what tabcast costs in proportion to the floor.
 * With `--against` it exits with 1 when something has become slower, or was not measured soundly. Needs what `npm run compare` needs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { yardstick } from '../../peers/all.js';
import { compare } from '../compare/compare.js';
import { regressions, unmeasured } from '../compare/regression.js';
import type { RoundsPlan } from '../compare/rounds.js';
import type { Comparison } from '../report/comparison.js';
import { comparisonText } from '../report/comparison-text.js';
import { digits } from '../report/format.js';
import { parseComparison } from '../report/markdown.js';
import { takeLoadCore } from '../servers/program.js';
import { runCommand } from './command.js';
import { planUsage, readPlan } from './compare-plan.js';
import { logStep } from './compare-progress.js';
import { interruption } from './interruption.js';

const defaults = {
  peers: ['floor', 'tabcast', 'tabcast-history'],
  workloads: ['users:20000:10000', 'broadcast:100:1000'],
  rounds: 3,
  warmUp: 1,
  window: 3,
};

const usage = `usage: npm run bench -- [options]
${planUsage(defaults)}
  --json <file>         writes the outcome there
  --against <file>      of an earlier run: what has become slower beyond the spread of both?`;

interface Command {
  readonly plan: RoundsPlan;
  readonly json: string | undefined;
  readonly before: Comparison | undefined;
}

function readCommand(): Command {
  const { plan, options } = readPlan(defaults, ['json', 'against']);
  const { json, against } = options;
  const before = against === undefined ? undefined : parseComparison(readFileSync(against, 'utf8'));
  return { plan, json, before };
}

/** Says what has become slower, and what nobody knows of; whether there is anything of that. */
function judge(now: Comparison, before: Comparison): boolean {
  const slower = regressions(now, before);
  for (const { workload, peer, ...ratio } of slower)
    console.log(
      `slower: ${peer} under ${workload}, ${digits(ratio.before)} × ${yardstick} → ${digits(ratio.now)} ×`,
    );
  const unknown = unmeasured(now, before);
  for (const sentence of unknown) console.log(`not compared: ${sentence}`);
  const isSound = slower.length + unknown.length + now.problems.length === 0;
  if (isSound) console.log('nothing has become slower beyond the spread');
  return !isSound;
}

await runCommand(usage, readCommand, async ({ plan, json, before }) => {
  takeLoadCore();
  const comparison = await compare(plan, yardstick, interruption(), logStep);
  console.log(`\n${comparisonText(comparison)}\n`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(comparison, null, 2)}\n`);
  if (before !== undefined && judge(comparison, before)) process.exit(1);
});
