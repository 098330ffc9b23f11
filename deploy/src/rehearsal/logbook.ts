import { setTimeout as sleep } from 'node:timers/promises';
import type { Series } from '@tabcast/loadtest/report/result';
import { readSample } from '@tabcast/loadtest/servers/metrics';
import type { Gateways, Replica } from './gateways.js';

/** How often the gateways are asked, ms. */
const interval = 1000;

/** How long a gateway may take to answer, ms. */
const patience = 2000;

/** What autoscalers follow (k8s/components). */
export const shareMetric = 'tabcast_tabs_capacity_ratio';

/** What a gateway says of its tabs. */
export interface Census {
  readonly tabs: number;
  /** As a part of those that it may hold. */
  readonly share: number;
}

/** The tabs of a gateway, by its metrics; undefined when it does not answer. */
export async function censusOf({ host, internalPort }: Replica): Promise<Census | undefined> {
  const url = `http://${host}:${internalPort}/metrics`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience) }).catch(() => undefined);
  const page = await answer?.text().catch(() => undefined);
  if (page === undefined) return undefined;
  const [tabs, share] = [readSample(page, 'tabcast_tabs'), readSample(page, shareMetric)];
  return tabs === undefined || share === undefined ? undefined : { tabs, share };
}

interface Curve {
  readonly at: number[];
  readonly values: number[];
}

/** What happens on a stage over time: tabs of each gateway, and handshakes per second. */
export class Logbook {
  readonly #begin = performance.now();
  readonly #gateways: Gateways;
  readonly #handshakes: () => Promise<number>;
  readonly #tabs = new Map<string, Curve>();
  readonly #rates: Curve = { at: [], values: [] };
  #last: { readonly at: number; readonly handshakes: number } | undefined;

  /** @param handshakes how many tabs have tried up to now, those in vain included */
  constructor(gateways: Gateways, handshakes: () => Promise<number>) {
    this.#gateways = gateways;
    this.#handshakes = handshakes;
  }

  /** s since it was opened. */
  get now(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  /** Writes while something lasts. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const end = new AbortController();
    const writing = this.#write(end.signal);
    try {
      return await work();
    } finally {
      end.abort();
      await writing;
    }
  }

  /** Tabs of a gateway when it was asked last; 0 if it never was. */
  tabsOf({ name }: Replica): number {
    return this.#tabs.get(name)?.values.at(-1) ?? 0;
  }

  /** The most handshakes in one second. */
  get peak(): number {
    return Math.max(0, ...this.#rates.values);
  }

  get series(): Series[] {
    const tabs = [...this.#tabs].map(([name, curve]) => ({ name, unit: 'tabs', ...curve }));
    return [...tabs, { name: 'handshakes', unit: 'handshakes/s', ...this.#rates }];
  }

  async #write(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      const at = this.now;
      await Promise.all([
        this.#noteHandshakes(at),
        ...this.#gateways.all.map((one) => this.#noteTabs(one, at)),
      ]);
      await sleep(interval, undefined, { signal: end }).catch(() => {});
    }
  }

  async #noteTabs(replica: Replica, at: number): Promise<void> {
    const curve = this.#tabs.get(replica.name) ?? { at: [], values: [] };
    this.#tabs.set(replica.name, curve);
    const census = await censusOf(replica);
    if (census === undefined) return;
    curve.at.push(at);
    curve.values.push(census.tabs);
  }

  async #noteHandshakes(at: number): Promise<void> {
    const now = { handshakes: await this.#handshakes(), at: this.now };
    if (this.#last !== undefined) {
      this.#rates.at.push(at);
      this.#rates.values.push((now.handshakes - this.#last.handshakes) / (now.at - this.#last.at));
    }
    this.#last = now;
  }
}
