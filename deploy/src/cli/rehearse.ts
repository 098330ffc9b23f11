/**
 * `npm run rehearse -w deploy`: rehearses on this machine what a cluster does in production. Exits with 0 when all was well, 1
 * when there were problems, 2 when it was asked for something that cannot be.
 */
import { writeFileSync } from 'node:fs';
import { runCommand } from '@tabcast/loadtest/cli/command';
import { interruption } from '@tabcast/loadtest/cli/interruption';
import { displayOn } from '@tabcast/loadtest/cli/progress';
import { resultPage } from '@tabcast/loadtest/report/page';
import type { Result } from '@tabcast/loadtest/report/result';
import { resultTable } from '@tabcast/loadtest/report/table';
import { thisMachine } from '@tabcast/loadtest/servers/machine';
import { rehearseAutoscale } from '../rehearsal/autoscale.js';
import { drawing, type Panel } from '../rehearsal/drawing.js';
import { rehearseRollout } from '../rehearsal/rollout.js';
import { type Command, readCommand, usage } from './options.js';

const perGateway: readonly Panel[] = [
  { unit: 'tabs', title: 'Tabs, by gateway', stacked: true },
  { unit: 'handshakes/s', title: 'Handshakes per second' },
];

const panels = {
  rollout: [...perGateway, { unit: 'ms', title: 'Latency of messages, p99, ms' }],
  autoscale: perGateway,
} as const;

async function rehearse({ rehearsal }: Command): Promise<Result> {
  const display = displayOn(process.stderr);
  const audience = { signal: interruption(), progress: display.show.bind(display) };
  const date = new Date().toISOString();
  try {
    const found =
      rehearsal.kind === 'rollout'
        ? await rehearseRollout(audience, rehearsal.plan)
        : await rehearseAutoscale(audience, rehearsal.plan);
    return { date, machine: thisMachine(), ...found };
  } finally {
    display.end();
  }
}

function print(result: Result, { rehearsal, json, page, svg }: Command): void {
  console.log(resultTable(result));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  if (page !== undefined) writeFileSync(page, resultPage([result]));
  if (svg !== undefined) writeFileSync(svg, drawing(result, panels[rehearsal.kind]));
}

await runCommand(
  usage,
  () => readCommand(process.argv.slice(2)),
  async (command) => {
    const result = await rehearse(command);
    print(result, command);
    if (result.problems.length > 0) process.exit(1);
  },
);
