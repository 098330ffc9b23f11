import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger, type Losses } from './ledger.js';
import { isMessage, readNumber, readStamp } from './message.js';
import { Tab, type TabPlan } from './tab.js';

/** Of so many tabs one measures latency, where the plan says nothing else; all tabs are counted. */
const sampleEvery = 32;

/** Source addresses are 127.0.0.2 and up, so many of them: each has some 28,000 ports towards one server. */
const sourceAddresses = 16;

/** How long connecting and welcome may take per tab, ms. */
const welcomeDeadline = 30_000;

/** Which tabs to open, and how fast. */
export interface FleetPlan {
  readonly port: number;
  /** Of the messages of the load. A server may put something of its own in front of one. */
  readonly messageBytes: number;
  readonly tabs: readonly TabPlan[];
  /** Of so many tabs one measures latency (32). */
  readonly sampleEvery?: number;
  /** Tabs opened per second, at most. */
  readonly perSecond: number;
  /** Tabs that wait for their welcome at the same time, at most. */
  readonly inFlight: number;
}

/** What a fleet has received. */
export interface Reading {
  /** Messages since the fleet was opened. */
  readonly received: number;
  /** Latencies of the sampled tabs since the last reading, ms, from when the message was due to its arrival. */
  readonly latencies: Float64Array;
  /** Close codes of tabs that the server has dropped since the fleet was opened. */
  readonly closes: readonly number[];
}

/** Many tabs in this process, and the ledger of what reached them. */
export class Fleet {
  #ledger = new Ledger(0);
  #messageBytes = 0;
  #sampleEvery = sampleEvery;
  #latencies: number[] = [];
  #closes: number[] = [];

  /** Opens all tabs; resolves when each has its welcome, rejects with the first that gets none. */
  async open(plan: FleetPlan): Promise<void> {
    const { port, tabs, perSecond, inFlight } = plan;
    this.#messageBytes = plan.messageBytes;
    this.#sampleEvery = plan.sampleEvery ?? sampleEvery;
    this.#ledger = new Ledger(tabs.length);
    const begin = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < tabs.length) {
        const index = next++;
        const early = begin + (index * 1000) / perSecond - performance.now();
        if (early >= 1) await sleep(early);
        await this.#openTab(index, port, tabs[index]!);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  }

  /** What was received up to now. */
  read(): Reading {
    const latencies = Float64Array.from(this.#latencies);
    this.#latencies = [];
    return { received: this.#ledger.received, latencies, closes: this.#closes };
  }

  /** Balances the ledger, given how many messages each tab should have got. */
  settle(sent: ArrayLike<number>): Losses {
    return this.#ledger.settle(sent);
  }

  async #openTab(index: number, port: number, plan: TabPlan): Promise<void> {
    const sampled = index % this.#sampleEvery === 0;
    await Tab.open({
      ...plan,
      host: '127.0.0.1',
      port,
      localAddress: `127.0.0.${2 + (index % sourceAddresses)}`,
      deadline: welcomeDeadline,
      received: (bytes, start, end) => this.#received(index, sampled, bytes, start, end),
      closed: (code) => this.#closes.push(code),
    }).catch((error: Error) => {
      throw new Error(`a tab at ${plan.path}: ${error.message}`);
    });
  }

  #received(tab: number, sampled: boolean, bytes: Uint8Array, from: number, end: number): void {
    const start = end - this.#messageBytes;
    if (start < from || !isMessage(bytes, start, end)) return;
    this.#ledger.record(tab, readNumber(bytes, start));
    if (sampled) this.#latencies.push((Number(process.hrtime.bigint()) - readStamp(bytes, start)) / 1e6);
  }
}
