/**
 * `npm run cost -w loadtest`: what a delivery costs, floor and gateway side by side on one machine.
 * Compare only figures of one run: machines drift. Linux, two cores, `taskset` and `redis-server` are needed.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { positive, runCommand } from './command.js';
import { measure, type Times } from './measure.js';
import { takeLoadCore } from './program.js';
import { RedisServer } from './redis.js';
import { type Row, workloadTable } from './report.js';
import { type ServerName, servers } from './server.js';
import { defaultWorkloads, parseWorkload } from './workload.js';

const usage = `usage: npm run cost -w loadtest -- [options]
  --rounds <n>          how often each server meets each workload (3)
  --warm-up <s>         load before the window (2)
  --window <s>          what is measured (6)
  --server <name>       ${Object.keys(servers).join(' or ')}; may be repeated, the first is the yardstick (all)
  --workload <w>        users|broadcast:<sends per second>:<tabs>; may be repeated
                        (${defaultWorkloads.join(' ')})
  --json <file>         writes every measurement there too`;

interface Plan extends Times {
  readonly rounds: number;
  readonly servers: readonly ServerName[];
  readonly workloads: readonly string[];
  readonly json: string | undefined;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      'warm-up': { type: 'string', default: '2' },
      window: { type: 'string', default: '6' },
      server: { type: 'string', multiple: true, default: Object.keys(servers) },
      workload: { type: 'string', multiple: true, default: defaultWorkloads },
      json: { type: 'string' },
    },
  });
  values.workload.forEach(parseWorkload);
  return {
    rounds: positive('rounds', values.rounds),
    warmUp: positive('warm-up', values['warm-up']),
    window: positive('window', values.window),
    servers: values.server.map(serverName),
    workloads: values.workload,
    json: values.json,
  };
}

function serverName(text: string): ServerName {
  if (Object.hasOwn(servers, text)) return text as ServerName;
  throw new RangeError(`--server: expected ${Object.keys(servers).join(' or ')}, got "${text}"`);
}

/** Every round meets every workload with every server, one right after the other: what drifts, drifts for both. */
async function measureAll(plan: Plan, redis: RedisServer): Promise<Row[]> {
  const rows: Row[] = [];
  for (let round = 1; round <= plan.rounds; round++)
    for (const workload of plan.workloads)
      for (const name of round % 2 === 1 ? plan.servers : plan.servers.toReversed()) {
        const row = await measureFresh(name, workload, round, plan, redis);
        rows.push(row);
        console.error(progress(row));
      }
  return rows;
}

async function measureFresh(
  name: ServerName,
  workload: string,
  round: number,
  times: Times,
  redis: RedisServer,
): Promise<Row> {
  const server = await servers[name](redis.port);
  try {
    return {
      workload,
      server: name,
      round,
      ...(await measure(server, redis, parseWorkload(workload), times)),
    };
  } finally {
    await server.stop();
  }
}

function progress({ round, workload, server, cpuPerDelivery, lost, doubled }: Row): string {
  return `round ${round}  ${workload}  ${server}  ${cpuPerDelivery.toFixed(2)} µs, lost ${lost}, doubled ${doubled}`;
}

await runCommand(usage, readPlan, async (plan) => {
  takeLoadCore();
  const redis = await RedisServer.start();
  const rows = await measureAll(plan, redis);
  await redis.stop();
  for (const workload of plan.workloads) console.log(`\n${workloadTable(workload, rows, plan.servers[0]!)}`);
  if (plan.json !== undefined) writeFileSync(plan.json, `${JSON.stringify({ plan, rows }, null, 2)}\n`);
});
