import type { Flags } from '../config/flags.js';
import type { Config } from '../config/options.js';
import type { NodesAnswer } from '../http/nodes.js';
import { type Io, wrongUsage } from './io.js';
import { ask, readAccess } from './request.js';

/** Prints the gateways alive and their load, as a table or as JSON. Resolves to the exit code. */
export async function showNodes(flags: Flags, config: Config, io: Io): Promise<number> {
  const { access, problems } = readAccess(flags, config);
  if (problems.length > 0) return wrongUsage(problems, io);
  const asJson = flags.get('json')?.at(-1) === 'true';
  return await ask(access, { method: 'GET', path: '/v1/nodes' }, io, (answer) =>
    io.out(asJson ? answer : nodesTable(JSON.parse(answer), Date.now())),
  );
}

/** The roster for a terminal. @param now in ms since the epoch */
export function nodesTable({ gateways, totals, degraded }: NodesAnswer, now: number): string {
  const header = [
    'gateway',
    'state',
    'tabs',
    'users',
    'frames/s',
    'deliveries/s',
    'lag',
    'memory',
    'up',
    'version',
  ];
  const rows = gateways.map((gateway) => [
    `${gateway.id}${gateway.self ? ' *' : ''}`,
    gateway.state,
    `${gateway.tabs}`,
    `${gateway.users}`,
    `${Math.round(gateway.framesPerSecond)}`,
    `${Math.round(gateway.deliveriesPerSecond)}`,
    `${gateway.lag.toFixed(1)} ms`,
    megabytes(gateway.memory),
    duration(now - gateway.started),
    gateway.version,
  ]);
  const total = [
    `${gateways.length} in all`,
    ...['', `${totals.tabs}`, '', `${Math.round(totals.framesPerSecond)}`],
    ...[`${Math.round(totals.deliveriesPerSecond)}`, '', megabytes(totals.memory), '', ''],
  ];
  const lines = aligned([header, ...rows, total]);
  const oldest = Math.max(0, ...gateways.map(({ beatAge }) => beatAge));
  if (degraded)
    lines.push('', `* is cut off from the others: this is what it knew ${Math.round(oldest / 1000)} s ago.`);
  return lines.join('\n');
}

/** Columns of text: words to the left, what begins with a digit and its heading to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isLeft = (column: number) => column < 2 || column === header.length - 1;
  return rows.map((row) =>
    row
      .map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** The largest unit of time of which there is more than one. */
function duration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const unit = units.find(([, length]) => ms >= 2 * length);
  return unit === undefined
    ? `${Math.max(0, Math.round(ms / 1000))} s`
    : `${Math.floor(ms / unit[1])} ${unit[0]}`;
}
