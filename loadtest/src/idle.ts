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

const usage = `usage: npm run idle -w loadtest -- [options]
  --tabs <n>         tabs in the end (10000)
  --base <n>         tabs at the first reading; the figure is the slope from there (1000)
  --per-second <n>   tabs opened per second (1000)
  --settle <s>       wait before a reading (3)
  --quiet <s>        wait before the last reading (30)`;

/** Tabs that share a group. */
const groupSize = 10;

const heading = [
  'server',
  'empty MB',
  'base MB',
  'full MB',
  'quiet MB',
  'KB/tab',
  'KB/tab quiet',
  'KB/tab from empty',
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
  { name: 'tabcast, one group', server: 'tabcast', groups: (tab) => [`g${Math.floor(tab / groupSize)}`] },
];

interface Plan {
  readonly tabs: number;
  readonly base: number;
  readonly perSecond: number;
  readonly settle: number;
  readonly quiet: number;
}

/** Resident bytes of the server: without tabs, with the base, with all, and after the quiet time. */
interface Memory {
  readonly empty: number;
  readonly base: number;
  readonly full: number;
  readonly quiet: number;
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
  const opening = { port: server.port, perSecond: plan.perSecond, inFlight: 200 };
  try {
    const empty = await reading(plan.settle);
    await fleets[0].open({ ...opening, tabs: tabs.slice(0, plan.base) });
    const base = await reading(plan.settle);
    await fleets[1].open({ ...opening, tabs: tabs.slice(plan.base) });
    const full = await reading(plan.settle);
    const quiet = await reading(plan.quiet);
    await expectAllOpen(fleets);
    return { empty, base, full, quiet };
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

function line(name: string, { empty, base, full, quiet }: Memory, { tabs, base: baseTabs }: Plan): string[] {
  const perTab = (bytes: number) => (bytes / 1024 / (tabs - baseTabs)).toFixed(2);
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  return [
    name,
    ...[empty, base, full, quiet].map(megabytes),
    perTab(full - base),
    perTab(quiet - base),
    ((quiet - empty) / 1024 / tabs).toFixed(2),
  ];
}

/** Every variant meets a fresh server. */
async function measureVariant(
  { name, server, groups }: Variant,
  plan: Plan,
  redis: RedisServer,
): Promise<string[]> {
  const started = await servers[server](redis.port);
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
