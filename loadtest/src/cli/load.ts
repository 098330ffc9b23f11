/**
 * `npm run load`: puts one scenario on servers anywhere, and says what it has found. Exits with 0 when all was sound, 1 when
 * there were problems, 2 when it was asked for something that cannot be.
 */
import { writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Fleets } from '../fleet/fleets.js';
import { resultPage } from '../report/page.js';
import type { Result } from '../report/result.js';
import { resultTable } from '../report/table.js';
import { scenarios } from '../scenarios/index.js';
import type { Lab } from '../scenarios/scenario.js';
import { thisMachine } from '../servers/machine.js';
import { helpText } from './help.js';
import { interruption } from './interruption.js';
import { type HelpWanted, type LoadCommand, readCommand } from './options.js';
import { displayOn } from './progress.js';
import { runScenario } from './run.js';
import { serversAt } from './servers.js';

function readOrExit(): LoadCommand | HelpWanted {
  try {
    return readCommand(process.argv.slice(2), process.env, scenarios);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n\`npm run load -- --help\` shows what there is.`);
    process.exit(2);
  }
}

async function run(command: LoadCommand): Promise<Result> {
  const { scenario, options, where, workers, workerKey } = command;
  const signal = interruption();
  const display = displayOn(process.stderr);
  const servers = await serversAt(where);
  const fleets: Fleets[] = [];
  const fleet = () => {
    const fresh = new Fleets({ workers, ...(workerKey !== undefined && { key: workerKey }) });
    fleets.push(fresh);
    return fresh;
  };
  try {
    const lab = {
      target: servers.target,
      fleet,
      signal,
      progress: (step) => display.show(step),
    } satisfies Lab;
    return await runScenario(scenario, options, lab, thisMachine(servers.versions));
  } finally {
    display.end();
    for (const one of fleets) one.stop();
    await servers.stop();
  }
}

/** Not after half an hour of load. @throws {RangeError} naming a file that cannot be written */
function checkFiles({ json, page }: LoadCommand): void {
  for (const [option, file] of Object.entries({ json, page }))
    if (file !== undefined && !isWritable(file))
      throw new RangeError(`--${option}: expected a file that can be written, got "${file}"`);
}

function isWritable(file: string): boolean {
  try {
    writeFileSync(file, '', { flag: 'a' });
    return true;
  } catch {
    return false;
  }
}

function print(result: Result, { where, json, page }: LoadCommand): void {
  console.log(reddened(resultTable(result)));
  if (where.kind === 'remote' && !where.metrics?.length && !where.prometheus) console.log(`\n${untold}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  if (page !== undefined) writeFileSync(page, resultPage([result]));
}

const untold = 'Nothing tells what the servers use: --metrics or --prometheus would.';

/** Problems in red, on a terminal. */
function reddened(table: string): string {
  if (!process.stdout.isTTY) return table;
  return table.replace(/^Problems:\n(?: {2}- .*\n?)*/m, (problems) => styleText('red', problems));
}

const command = readOrExit();
if ('help' in command) {
  console.log(helpText(command.help));
  process.exit(0);
}
try {
  checkFiles(command);
  const result = await run(command);
  print(result, command);
  process.exit(result.problems.length === 0 ? 0 : 1);
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof RangeError ? 2 : 1);
}
