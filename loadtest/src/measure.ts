import { setTimeout as sleep } from 'node:timers/promises';
import { type CoreTime, coreTime, cpuMicros } from './cpu.js';
import { percentile } from './figures.js';
import { Fleets } from './fleets.js';
import { publishing } from './keeping.js';
import type { Losses } from './ledger.js';
import { loadCore, serverCore } from './program.js';
import type { Publisher, PublisherPlan, PublisherReport } from './publisher.js';
import type { RedisServer } from './redis.js';
import { shareOf } from './schedule.js';
import type { Server } from './server.js';
import { Worker } from './worker.js';
import { channelOfTab, channelsOf, messageBytes, userOf, type Workload } from './workload.js';

/** Load goes on a little beyond the window, so that the window ends under load, s. */
const overrun = 0.5;

/** Deliveries that stand still for so long will not come, ms. */
const stillness = 1000;

const opening = { perSecond: 2000, inFlight: 200 };

/** Times of one measurement, s. */
export interface Times {
  readonly warmUp: number;
  readonly window: number;
}

/** What one server did under one workload. */
export interface Measurement extends Losses, PublisherReport {
  /** CPU of the server process, user and system, per message that reached a tab, µs; over the window. */
  readonly cpuPerDelivery: number;
  /** Messages that reached tabs, per second of the window. */
  readonly deliveriesPerSecond: number;
  /** Latency from when a message was due to its arrival at a sampled tab, ms; over the window. */
  readonly p50: number;
  readonly p99: number;
  /** Deliveries that the whole load should have made, warm-up included; `lost` and the like count against it. */
  readonly expected: number;
  /** Close codes of tabs that the server dropped. */
  readonly closes: readonly number[];
  /** Share of the window that each core was busy, 0 to 1. A busy load core means that latencies are the receiver's. */
  readonly serverCoreBusy: number;
  readonly loadCoreBusy: number;
  /** Share of the server's core that went to anything but the server: the machine was not ours alone, 0 to 1. */
  readonly intruded: number;
  /** Share of both cores' time that the host gave to other guests, 0 to 1. */
  readonly stolen: number;
}

/** Puts a workload on a server that has no tabs yet. Leaves tabs gone and the server running. */
export async function measure(
  server: Server,
  redis: RedisServer,
  workload: Workload,
  times: Times,
): Promise<Measurement> {
  const fleets = new Fleets();
  const publisher = new Worker<Publisher>('./publisher-process.js');
  try {
    const tabs = Array.from({ length: workload.tabs }, (_, tab) => server.tab(userOf(tab)));
    await fleets.open({ port: server.port, messageBytes, tabs, ...opening });
    const plan = await publisherPlan(server, redis, workload, times);
    const published = publisher.ask('publish', plan);
    const [window, report] = await Promise.all([observe(server, fleets, times), published]);
    return { ...window, ...report, ...(await settle(fleets, workload, plan.total)) };
  } finally {
    publisher.stop();
    fleets.stop();
  }
}

async function publisherPlan(
  server: Server,
  redis: RedisServer,
  workload: Workload,
  { warmUp, window }: Times,
): Promise<PublisherPlan> {
  return {
    redisPort: redis.port,
    commands: await publishing(redis, channelsOf(workload), messageBytes, server.keeps),
    messageBytes,
    perSecond: workload.perSecond,
    total: Math.round(workload.perSecond * (warmUp + window + overrun)),
  };
}

/** What is read at the beginning and at the end of the window. */
interface Instant {
  readonly at: number;
  readonly cpu: number;
  readonly serverCore: CoreTime;
  readonly loadCore: CoreTime;
  readonly received: number;
  readonly latencies: Float64Array;
}

async function observe(server: Server, fleets: Fleets, { warmUp, window }: Times) {
  await sleep(warmUp * 1000);
  const begin = await readInstant(server, fleets);
  await sleep(window * 1000);
  const end = await readInstant(server, fleets);
  const deliveries = end.received - begin.received;
  const milliseconds = end.at - begin.at;
  const cpu = end.cpu - begin.cpu;
  const serverCoreBusy = share('busy', begin.serverCore, end.serverCore);
  return {
    cpuPerDelivery: cpu / deliveries,
    deliveriesPerSecond: (deliveries / milliseconds) * 1000,
    p50: percentile(end.latencies, 50),
    p99: percentile(end.latencies, 99),
    serverCoreBusy,
    intruded: Math.max(0, serverCoreBusy - cpu / 1000 / milliseconds),
    loadCoreBusy: share('busy', begin.loadCore, end.loadCore),
    stolen:
      (share('stolen', begin.serverCore, end.serverCore) + share('stolen', begin.loadCore, end.loadCore)) / 2,
  };
}

async function readInstant(server: Server, fleets: Fleets): Promise<Instant> {
  const instant = {
    at: performance.now(),
    cpu: cpuMicros(server.pid),
    serverCore: coreTime(serverCore),
    loadCore: coreTime(loadCore),
  };
  return { ...instant, ...(await fleets.read()) };
}

function share(part: 'busy' | 'stolen', begin: CoreTime, end: CoreTime): number {
  return (end[part] - begin[part]) / (end.total - begin.total);
}

/** Waits for the last deliveries, then balances the ledger. */
async function settle(fleets: Fleets, workload: Workload, total: number) {
  const channels = channelsOf(workload).length;
  const due = Array.from({ length: workload.tabs }, (_, tab) =>
    shareOf(channelOfTab(workload, tab), channels, total),
  );
  const expected = due.reduce((sum, messages) => sum + messages, 0);
  const { closes } = await standstill(fleets, expected);
  return { expected, closes, ...(await fleets.settle(due)) };
}

async function standstill(fleets: Fleets, expected: number) {
  let reading = await fleets.read();
  while (reading.received < expected) {
    await sleep(stillness);
    const before = reading.received;
    reading = await fleets.read();
    if (reading.received === before) break;
  }
  return reading;
}
