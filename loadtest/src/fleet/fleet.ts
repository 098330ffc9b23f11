import { Latencies } from '../books/latency.js';
import { Ledger, type Losses } from '../books/ledger.js';
import { isText, readNumber, readStamp, readStream } from '../books/message.js';
import { type ClockOffset, sameClock } from '../workers/clock.js';
import { atPace } from './pace.js';
import { Page } from './page.js';
import type { FleetPlan, Pace, Reading, TabHolder } from './plan.js';
import { Tally } from './tally.js';

/** Of so many tabs one measures latency, where the plan says nothing else. */
const usualSampling = 32;

/** Towards a server on this machine: 127.0.0.2 and up, so many of them; each has some 28,000 ports. */
const sourceAddresses = 16;

const usualTail = 3;

/** Many tabs in this process, and the ledger of what reached them. */
export class Fleet implements TabHolder {
  #plan!: FleetPlan;
  #ledger = new Ledger([]);
  #pages: Page[] = [];
  /** Per tab, whether it measures latency. */
  #sampled = new Uint8Array(0);
  /** How the clock of this machine stands to that of the sender. */
  #clock = sameClock;
  readonly #tally = new Tally();
  readonly #latencies = new Latencies();

  async open(plan: FleetPlan): Promise<void> {
    const { tabs, sampleEvery = usualSampling } = plan;
    this.#plan = plan;
    this.#ledger = new Ledger(tabs.map(({ streams }) => streams));
    this.#pages = tabs.map((_, index) => this.#page(index));
    this.#sampled = Uint8Array.from(tabs, (_, index) => (index % sampleEvery === 0 ? 1 : 0));
    await atPace(tabs.length, plan, (index, due) => this.#pages[index]!.open(due));
  }

  read(): Reading {
    const { open, closes, reconnects, failures, unrecovered, welcomes } = this.#tally;
    const reading = {
      ...{ open, closes, reconnects, failures, unrecovered },
      received: this.#ledger.received,
      latencies: this.#latencies.encode(),
      welcomes: welcomes.encode(),
      clockError: this.#clock.error,
    };
    this.#latencies.clear();
    welcomes.clear();
    return reading;
  }

  settle(sent: readonly number[]): Losses {
    return this.#ledger.settle(sent);
  }

  cut(): void {
    for (const page of this.#pages) page.cut();
  }

  async reopen(pace: Pace): Promise<void> {
    const away = this.#pages.filter(({ isOpen }) => !isOpen);
    await atPace(away.length, pace, (index, due) => away[index]!.reopen(due));
  }

  slow(every: number): number {
    // The last of each n and not the first, which is sampled more often.
    const slow = this.#pages.filter((_, index) => (index + 1) % every === 0);
    for (const page of slow) page.slow();
    for (let index = every - 1; index < this.#sampled.length; index += every) this.#sampled[index] = 0;
    return slow.length;
  }

  awaken(): void {
    for (const page of this.#pages) page.awaken();
  }

  /** For latencies from now on. */
  setClock(offset: ClockOffset): void {
    this.#clock = offset;
  }

  #page(index: number): Page {
    const { servers, tabs, dialect, comesBack } = this.#plan;
    const server = servers[index % servers.length]!;
    const localAddress = `127.0.0.${2 + (index % sourceAddresses)}`;
    return new Page({
      plan: tabs[index]!,
      route: server.host.startsWith('127.') ? { ...server, localAddress } : server,
      ...{ dialect, comesBack, tally: this.#tally },
      received: (bytes, start, end) => this.#received(index, bytes, start, end),
    });
  }

  #received(tab: number, bytes: Uint8Array, from: number, to: number): void {
    const { textBytes, dialect } = this.#plan;
    const end = to - (dialect.tail ?? usualTail);
    const start = end - textBytes;
    if (start < from || !isText(bytes, start, end)) return;
    this.#ledger.record(tab, readStream(bytes, start), readNumber(bytes, start));
    if (this.#sampled[tab] === 1) this.#latencies.record(this.#age(readStamp(bytes, start)));
  }

  /** ms since a stamp of the sender. */
  #age(stamp: number): number {
    return (Number(process.hrtime.bigint()) - stamp) / 1e6 - this.#clock.ahead;
  }
}
