/**
 * `npm run compare`: tabcast and its peers side by side on one machine, in one run, under the same load. Compare only figures of one
 * run: machines drift. Linux, two cores, `taskset` and `redis-server` are needed; peers that are not installed are named.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peers, yardstick } from '../../peers/all.js';
import { compare } from '../compare/compare.js';
import type { RoundsPlan } from '../compare/rounds.js';
import type { Comparison } from '../report/comparison.js';
import { comparePage } from '../report/comparison-page.js';
import { comparisonText } from '../report/comparison-text.js';
import { comparisonFile, newFolder } from '../report/markdown.js';
import { takeLoadCore } from '../servers/program.js';
import { runCommand } from './command.js';
import { planUsage, readPlan } from './compare-plan.js';
import { logStep } from './compare-progress.js';
import { interruption } from './interruption.js';

const pageFile = 'comparison.html';

const results = new URL('../../../results/', import.meta.url);

const defaults = {
  peers: peers.map(({ name }) => name),
  workloads: ['broadcast:100:1000', 'broadcast:1000:1000', 'users:5000:1000', 'users:20000:10000'],
  rounds: 3,
  warmUp: 1.5,
  window: 3,
};

const usage = `usage: npm run compare -- [options]
${planUsage(defaults)}
  --out <folder>        where JSON and page go (loadtest/results/<date>, when it was not interrupted)`;

interface Command {
  readonly plan: RoundsPlan;
  readonly out: string | undefined;
}

function readCommand(): Command {
  const { plan, options } = readPlan(defaults, ['out']);
  return { plan, out: options.out };
}

function write(comparison: Comparison, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, comparisonFile), `${JSON.stringify(comparison, null, 2)}\n`);
  writeFileSync(join(folder, pageFile), comparePage(comparison));
  console.log(`\nwritten to ${folder}`);
}

await runCommand(usage, readCommand, async ({ plan, out }) => {
  takeLoadCore();
  const signal = interruption();
  const comparison = await compare(plan, yardstick, signal, logStep);
  console.log(`\n${comparisonText(comparison)}`);
  if (comparison.measurements.length === 0) return;
  if (out !== undefined) write(comparison, out);
  // The newest folder is what docs/performance.md shows.
  else if (!signal.aborted) write(comparison, fileURLToPath(newFolder(results, new Date())));
});
