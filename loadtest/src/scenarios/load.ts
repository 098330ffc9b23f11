import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies } from '../books/latency.js';
import type { Losses } from '../books/ledger.js';
import type { Reading, TabHolder } from '../fleet/plan.js';
import type { SendPlan, SendReport } from '../sending/plan.js';
import type { Sender } from '../sending/sender.js';
import type { Destination } from '../servers/target.js';
import { Worker } from '../workers/worker.js';
import { type LoadReport, reportOf } from './load-report.js';
import { rateBetween, type Sample } from './samples.js';
import type { Lab } from './scenario.js';

/** Deliveries that stand still for so long will not come, ms. */
const stillness = 2000;

/** A server that sends by itself cannot be stopped: it goes on so long after the window, s. */
const overrun = 1;

/** How long the last answers to a sender may take, ms. */
const patience = 60_000;

/** How often it is looked whether the last deliveries have come, ms. */
const glance = 100;

/** Times of a load, s. */
export interface Times {
  /** Before anything is measured. */
  readonly warmUp: number;
  /** What is measured. */
  readonly window: number;
}

/** What is sent to tabs that are open. */
export interface Load {
  /** Open; nobody else reads it meanwhile. */
  readonly fleet: Pick<TabHolder, 'read' | 'settle'>;
  /** Where the streams go, in this order; messages go to them in turn. */
  readonly destinations: readonly Destination[];
  /** Per stream, the tabs that a message of it is for. */
  readonly tabsOf: readonly number[];
  readonly textBytes: number;
  /** Messages per second, of all streams together. */
  readonly perSecond: number;
  readonly times: Times;
  /** Begins with the window, which does not end before it. Must come to its end soon when the lab is interrupted. */
  readonly during?: () => Promise<void>;
  /** How to send, where it is not as the target says. */
  readonly way?: SendPlan['way'];
}

/**
 * Puts a load on the target and tells what became of it: figures of the window, the ledger of everything. An interruption ends
 * the load early and makes a report of what there is.
 */
export async function underLoad(lab: Lab, load: Load): Promise<LoadReport> {
  const way = load.way ?? (await lab.target.way(load.destinations, load.textBytes));
  const sender = new Worker<Sender>(new URL('../sending/sender-process.js', import.meta.url));
  try {
    const sending = sender.ask('send', sendPlan(load, way));
    const observed = await new Watch(lab, load, sender).observe(sending);
    await sender.ask('stop');
    const sent = await soon(sending);
    const report = reportOf({ ...observed, sent, ...(await settle(lab, load, sent)) });
    // A server that sends by itself says only at the end how far it fell behind.
    return way.kind === 'self' ? { ...report, behind: sent.behind } : report;
  } finally {
    sender.stop();
  }
}

/** Goes on until it is stopped, where that can be done. */
function sendPlan({ destinations, textBytes, perSecond, times }: Load, way: SendPlan['way']): SendPlan {
  const seconds = way.kind === 'self' ? times.warmUp + times.window + overrun : Infinity;
  return { way, streams: destinations.length, textBytes, perSecond, total: Math.ceil(perSecond * seconds) };
}

/** Follows a load second by second. */
class Watch {
  readonly #lab: Lab;
  readonly #load: Load;
  readonly #sender: Worker<Sender>;
  readonly #begin = performance.now();
  readonly #samples: Sample[] = [];
  /** Since the window began. */
  readonly #latencies = new Latencies();
  #failure: Error | undefined;

  constructor(lab: Lab, load: Load, sender: Worker<Sender>) {
    this.#lab = lab;
    this.#load = load;
    this.#sender = sender;
  }

  /** @param sending of which only the failure matters: it ends the load */
  async observe(sending: Promise<unknown>) {
    this.#failsWith(sending);
    await this.#sample();
    await this.#phase('warm-up', this.#load.times.warmUp);
    const windowFrom = this.#samples.length - 1;
    this.#latencies.clear();
    if (!this.#lab.signal.aborted)
      await this.#phase('window', this.#load.times.window, this.#load.during?.());
    return {
      samples: this.#samples,
      windowFrom,
      latencies: this.#latencies,
      interrupted: this.#lab.signal.aborted,
    };
  }

  /** Samples once a second until the time is over and the work is done, or until the lab is interrupted. */
  async #phase(phase: string, seconds: number, work?: Promise<void>): Promise<void> {
    const begin = performance.now();
    let working = work !== undefined;
    if (work !== undefined)
      this.#failsWith(
        work.then(() => {
          working = false;
        }),
      );
    const ticks = Math.max(1, Math.round(seconds));
    for (let tick = 1; tick <= ticks || working; tick++) {
      await this.#pauseUntil(begin + (tick / ticks) * seconds * 1000);
      if (this.#failure !== undefined) throw this.#failure;
      await this.#sample();
      this.#show(phase, tick / ticks, seconds);
      if (this.#lab.signal.aborted) return work;
    }
  }

  #failsWith(work: Promise<unknown>): void {
    work.catch((failure: Error) => {
      this.#failure ??= failure;
    });
  }

  async #pauseUntil(instant: number): Promise<void> {
    const ahead = Math.max(0, instant - performance.now());
    await sleep(ahead, undefined, { signal: this.#lab.signal }).catch(() => {});
  }

  async #sample(): Promise<void> {
    const at = (performance.now() - this.#begin) / 1000;
    const { fleet } = this.#load;
    const [usage, reading, { behind }] = await Promise.all([
      this.#lab.target.usage(),
      fleet.read(),
      this.#sender.ask('progress'),
    ]);
    const latencies = Latencies.decode(reading.latencies);
    this.#latencies.add(latencies);
    this.#samples.push({ at, received: reading.received, p99: latencies.percentile(99), behind, usage });
  }

  #show(phase: string, share: number, seconds: number): void {
    const [before, last] = this.#samples.slice(-2);
    const done = Math.min(1, share);
    const rate = rateBetween(before!, last!);
    this.#lab.progress({ phase, done, left: (1 - done) * seconds, rate, p99: last!.p99 });
  }
}

async function soon(sending: Promise<SendReport>): Promise<SendReport> {
  const timeout = new AbortController();
  const late = sleep(patience, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`messages were not answered within ${patience / 1000} s of the end of the load`);
  });
  late.catch(() => {});
  return Promise.race([sending, late]).finally(() => timeout.abort());
}

/** Waits for the last deliveries, then balances the ledger. What was refused was never due: below 0 are lost where it came all the same. */
async function settle(lab: Lab, { fleet, tabsOf }: Load, { sent, refused }: SendReport) {
  const reach = (counts: readonly number[]) =>
    counts.reduce((sum, count, stream) => sum + count * tabsOf[stream]!, 0);
  const [expected, neverDue] = [reach(sent) - reach(refused), reach(refused)];
  const { closes } = await standstill(lab, fleet, expected);
  const { lost, ...others } = await fleet.settle(sent);
  const losses: Losses = { lost: lost - neverDue, ...others };
  return { expected, closes, losses };
}

async function standstill(lab: Lab, fleet: Load['fleet'], expected: number): Promise<Reading> {
  let reading = await fleet.read();
  let movedAt = performance.now();
  while (reading.received < expected && performance.now() - movedAt < stillness) {
    lab.progress({ phase: 'settling', done: reading.received / expected });
    await sleep(glance);
    const before = reading.received;
    reading = await fleet.read();
    if (reading.received !== before) movedAt = performance.now();
  }
  return reading;
}
