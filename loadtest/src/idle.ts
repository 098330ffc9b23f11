/**
 * `npm run idle -w loadtest`: what a tab costs that does nothing, in memory of the server process.
 * Each tab has a user of its own and sits in three channels: all, registered, its user's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { positive, runCommand } from './command.js';
import { residentBytes } from './cpu.js';
import { Fleets } from './fleets.js';
import { takeLoadCore } from './program.js';
import { RedisServer } from './redis.js';
import { align } from './report.js';
import { type Server, type ServerName, servers } from './server.js';
import type { TabPlan } from './tab.js';
import { messageBytes } from './workload.js';

const usage = `usage: npm run idle -w loadtest -- [options]
  --tabs <n>         tabs in the end (10000)
  --base <n>         tabs at the first reading; the figure is the slope from there (1000)
  --per-second <n>   tabs opened per second (1000)
  --settle <s>       wait before a reading (3)
  --quiet <s>        wait before the reading of the quiet server (30)`;

/**
 * Makes a server collect its garbage on SIGUSR2: what it needs is then told apart from what it has not yet freed.
 * Several times, because V8 gives pages back only when it finds them empty again.
 */
const collecting = [
  '--expose-gc',
  '--import',
  'data:text/javascript,process.on("SIGUSR2", () => { for (const s of [0, 1, 2]) setTimeout(gc, s * 500) })',
];

/** Tabs that share a group. */
const groupSize = 10;

const heading = [
  'server',
  ...['empty', 'base', 'full', 'quiet', 'collected'].map((reading) => `${reading} MB`),
  ...['full', 'quiet', 'collected'].map((reading) => `KB/tab ${reading}`),
];

/** What is compared: a server, and the groups that its tabs are in. */
interface Variant {
  readonly name: string;
  readonly server: ServerName;
  readonly groups?: (tab: number) => string[];
}

const variants: readonly Variant[] = [
  { name: 'floor', server: 'floor' },
  { name: 'tabcast', server: 'tabcast' },
  { name: 'with history', server: 'tabcast-history' },
  { name: 'and one group', server: 'tabcast-history', groups: (tab) => [`g${Math.floor(tab / groupSize)}`] },
];

interface Plan {
  readonly tabs: number;
  readonly base: number;
  readonly perSecond: number;
  readonly settle: number;
  readonly quiet: number;
}

/** Resident bytes of the server. */
interface Memory {
  /** Without tabs, garbage collected. */
  readonly empty: number;
  /** With the base, garbage collected. */
  readonly base: number;
  /** With all tabs, as it comes. */
  readonly full: number;
  /** The same after the quiet time. */
  readonly quiet: number;
  /** The same, garbage collected. */
  readonly collected: number;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      tabs: { type: 'string', default: '10000' },
      base: { type: 'string', default: '1000' },
      'per-second': { type: 'string', default: '1000' },
      settle: { type: 'string', default: '3' },
      quiet: { type: 'string', default: '30' },
    },
  });
  const tabs = positive('tabs', values.tabs);
  const base = positive('base', values.base);
  if (base >= tabs)
    throw new RangeError(`--base: expected fewer than the ${tabs} tabs in the end, got ${base}`);
  return {
    tabs,
    base,
    perSecond: positive('per-second', values['per-second']),
    settle: positive('settle', values.settle),
    quiet: positive('quiet', values.quiet),
  };
}

async function fill(server: Server, tabs: readonly TabPlan[], plan: Plan): Promise<Memory> {
  const fleets = [new Fleets(), new Fleets()] as const;
  const reading = async (seconds: number) => {
    await sleep(seconds * 1000);
    return residentBytes(server.pid);
  };
  const collected = () => {
    process.kill(server.pid, 'SIGUSR2');
    return reading(plan.settle);
  };
  const opening = { port: server.port, messageBytes, perSecond: plan.perSecond, inFlight: 200 };
  try {
    const empty = await collected();
    await fleets[0].open({ ...opening, tabs: tabs.slice(0, plan.base) });
    const base = await collected();
    await fleets[1].open({ ...opening, tabs: tabs.slice(plan.base) });
    const full = await reading(plan.settle);
    const quiet = await reading(plan.quiet);
    await expectAllOpen(fleets);
    return { empty, base, full, quiet, collected: await collected() };
  } finally {
    for (const part of fleets) part.stop();
  }
}

async function expectAllOpen(fleets: readonly Fleets[]): Promise<void> {
  for (const part of fleets) {
    const { closes } = await part.read();
    if (closes.length > 0)
      throw new Error(`the server has closed ${closes.length} tabs, codes ${[...new Set(closes)]}`);
  }
}

function line(name: string, { empty, base, full, quiet, collected }: Memory, plan: Plan): string[] {
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  const perTab = (bytes: number) => ((bytes - base) / 1024 / (plan.tabs - plan.base)).toFixed(2);
  return [
    name,
    ...[empty, base, full, quiet, collected].map(megabytes),
    ...[full, quiet, collected].map(perTab),
  ];
}

/** Every variant meets a fresh server. */
async function measureVariant(
  { name, server, groups }: Variant,
  plan: Plan,
  redis: RedisServer,
): Promise<string[]> {
  const started = await servers[server](redis.port, collecting);
  try {
    const tabs = Array.from({ length: plan.tabs }, (_, tab) => started.tab(`u${tab}`, groups?.(tab)));
    return line(name, await fill(started, tabs, plan), plan);
  } finally {
    await started.stop();
  }
}

await runCommand(usage, readPlan, async (plan) => {
  takeLoadCore();
  const redis = await RedisServer.start();
  const lines: string[][] = [heading];
  for (const variant of variants) lines.push(await measureVariant(variant, plan, redis));
  await redis.stop();
  console.log(align(lines).join('\n'));
});
