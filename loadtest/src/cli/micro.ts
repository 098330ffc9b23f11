/**
 * `npm run micro -w loadtest`: what the parts of the hot path cost by themselves, for before and after a change.
 * Compare only figures of one machine and one hour, and trust `bench` where the two disagree.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type MicroFigure, measureMicro } from '../micro/bench.js';
import { micros } from '../micro/index.js';
import { align, digits } from '../report/format.js';
import { positive, runCommand } from './command.js';

const names = micros.map(({ name }) => name);

const usage = `usage: npm run micro -w loadtest -- [options] [${names.join('|')}] …
  --time <ms>      for each operation (500)
  --json <file>    writes every figure there too`;

interface Plan {
  readonly names: readonly string[];
  readonly time: number;
  readonly json: string | undefined;
}

function readPlan(): Plan {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { time: { type: 'string', default: '500' }, json: { type: 'string' } },
  });
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new RangeError(`expected ${names.join(', ')}, got "${unknown}"`);
  return {
    names: positionals.length === 0 ? names : positionals,
    time: positive('time', values.time),
    json: values.json,
  };
}

function table(figures: readonly MicroFigure[]): string[] {
  const rows = figures.map(({ operation, median, p75, p99, perSecond }) => [
    operation,
    ...[median, p75, p99, perSecond].map(digits),
  ]);
  return align([['', 'ns, median', 'p75', 'p99', 'per s'], ...rows]);
}

await runCommand(usage, readPlan, async (plan) => {
  const all: MicroFigure[] = [];
  for (const micro of micros.filter(({ name }) => plan.names.includes(name))) {
    const figures = await measureMicro(micro, plan.time);
    all.push(...figures);
    console.log(`${micro.name}: ${micro.about}\n${table(figures).join('\n')}\n`);
  }
  if (plan.json !== undefined) writeFileSync(plan.json, `${JSON.stringify(all, null, 2)}\n`);
});
