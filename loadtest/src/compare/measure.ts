import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies } from '../books/latency.js';
import type { Losses } from '../books/ledger.js';
import { usualTextBytes } from '../books/message.js';
import { Fleets } from '../fleet/fleets.js';
import type { Reading } from '../fleet/plan.js';
import type { Measurement } from '../report/comparison.js';
import type { SendPlan, SendReport } from '../sending/plan.js';
import { shareOf } from '../sending/schedule.js';
import type { Sender } from '../sending/sender.js';
import type { Target } from '../servers/target.js';
import { Worker } from '../workers/worker.js';
import { type Busy, busyBetween, type Spent, spentBy } from './costs.js';
import { destinationsOf, offeredBy, streamOf, userOf, type Workload } from './workload.js';

/** Load goes on a little beyond the window, so that the window ends under load, s. */
const overrun = 0.5;

/** How long the last deliveries may take once all is sent, ms: a server that is behind cannot catch up, and is not waited for. */
const patience = 3000;

/** How often it is looked whether they have come, ms. */
const glance = 100;

/** After tabs have come, until their cost is read, ms. */
const rest = 300;

/** Below this share of what is offered, a server is saturated. */
const enough = 0.97;

const pace = { perSecond: 4000, inFlight: 200 };

const senderProcess = new URL('../sending/sender-process.js', import.meta.url);

/** Times of one measurement, s. */
export interface Times {
  readonly warmUp: number;
  readonly window: number;
}

/** What is measured, apart from where it belongs. */
export type Findings = Omit<Measurement, 'peer' | 'workload' | 'round'>;

/**
 * Puts a workload on a server that has no tabs yet. Leaves tabs gone and the server running.
 * Rejects when a tab is refused, a message is, or the signal is aborted.
 */
export async function measure(
  target: Target,
  workload: Workload,
  times: Times,
  signal: AbortSignal,
): Promise<Findings> {
  const fleets = new Fleets();
  const sender = new Worker<Sender>(senderProcess);
  try {
    return await unlessAborted(signal, async () => {
      const connecting = await openTabs(fleets, target, workload);
      const plan = await sendPlan(target, workload, times);
      const sending = sender.ask('send', plan);
      const window = await Promise.race([observe(target, fleets, times), failureOf(sending)]);
      const outcome = await settle(fleets, workload, plan, sending);
      const offered = offeredBy(workload);
      return { ...connecting, ...window, ...outcome, offered, saturated: window.rate < enough * offered };
    });
  } finally {
    sender.stop();
    fleets.stop();
  }
}

/** Below so many tabs, what a server needs to warm up outweighs what they cost. */
const manyTabs = 5000;

/** Opens all tabs, and tells what one costs, where they are enough to tell. */
async function openTabs(fleets: Fleets, target: Target, workload: Workload) {
  const before = await spentBy(target);
  const tabs = Array.from({ length: workload.tabs }, (_, tab) => ({
    ...target.tab({ user: userOf(tab) }),
    streams: [streamOf(workload, tab)],
  }));
  const { servers, dialect } = target;
  await fleets.open({ servers, dialect, textBytes: usualTextBytes, tabs, ...pace });
  await sleep(rest);
  const after = await spentBy(target);
  if (workload.tabs < manyTabs) return { connectCpu: Number.NaN, residentPerTab: Number.NaN };
  return {
    connectCpu: (after.gateway - before.gateway) / workload.tabs,
    residentPerTab: (after.resident - before.resident) / 1024 / workload.tabs,
  };
}

async function sendPlan(target: Target, workload: Workload, { warmUp, window }: Times): Promise<SendPlan> {
  const destinations = destinationsOf(workload);
  return {
    way: await target.way(destinations, usualTextBytes),
    streams: destinations.length,
    textBytes: usualTextBytes,
    perSecond: workload.perSecond,
    total: Math.round(workload.perSecond * (warmUp + window + overrun)),
  };
}

interface Instant {
  readonly spent: Spent;
  readonly reading: Reading;
}

async function observe(target: Target, fleets: Fleets, { warmUp, window }: Times) {
  await sleep(warmUp * 1000);
  const begin = await readInstant(target, fleets);
  await sleep(window * 1000);
  return between(begin, await readInstant(target, fleets));
}

async function readInstant(target: Target, fleets: Fleets): Promise<Instant> {
  const reading = await fleets.read();
  return { spent: await spentBy(target), reading };
}

type Window = Busy & Pick<Measurement, 'gatewayCpu' | 'cpuWithRedis' | 'rate' | 'p50' | 'p99'>;

/** What happened between two instants. */
export function between(begin: Instant, end: Instant): Window {
  const deliveries = end.reading.received - begin.reading.received;
  const gateway = end.spent.gateway - begin.spent.gateway;
  const { p50, p99 } = Latencies.decode(end.reading.latencies).percentiles();
  return {
    gatewayCpu: gateway / deliveries,
    cpuWithRedis: (gateway + end.spent.redis - begin.spent.redis) / deliveries,
    rate: (deliveries / (end.spent.at - begin.spent.at)) * 1000,
    ...{ p50, p99 },
    ...busyBetween(begin.spent, end.spent),
  };
}

type Outcome = Losses & Pick<Measurement, 'expected' | 'unheard' | 'closed' | 'behind'>;

/** Waits for the last deliveries, not for long, then balances the ledger. */
async function settle(
  fleets: Fleets,
  workload: Workload,
  { streams, total }: SendPlan,
  sending: Promise<SendReport>,
): Promise<Outcome> {
  const sent = Array.from({ length: streams }, (_, stream) => shareOf(stream, streams, total));
  const expected = Array.from({ length: workload.tabs }, (_, tab) => sent[streamOf(workload, tab)]!).reduce(
    (sum, messages) => sum + messages,
    0,
  );
  const deadline = performance.now() + overrun * 1000 + patience;
  while ((await fleets.read()).received < expected && performance.now() < deadline) await sleep(glance);
  const left = Math.max(glance, deadline - performance.now());
  // A server that is far behind has not taken everything yet: then it counts as sent all the same, as it was due.
  const report = await within(left, sending);
  const { closes } = await fleets.read();
  const closed = Object.values(closes).reduce((sum, count) => sum + count, 0);
  const { unheard = 0, behind = Number.NaN } = report ?? {};
  return { expected, closed, unheard, behind, ...(await fleets.settle(sent)) };
}

/** What comes of some work, or undefined when it takes longer, ms. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: done.signal }).catch(() => undefined);
  return Promise.race([work, late]).finally(() => done.abort());
}

/** Never resolves; rejects when the sending does. */
function failureOf(sending: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => sending.catch(reject));
}

/** Does something, but rejects as soon as the signal is aborted. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let interrupt: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    interrupt = () => reject(new Error('interrupted'));
  });
  signal.throwIfAborted();
  signal.addEventListener('abort', interrupt);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
