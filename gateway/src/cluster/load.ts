import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Lease } from '../broker/registry.js';

/** What is read off a gateway at each beat. */
export interface LoadReadings {
  readonly tabs: number;
  readonly users: number;
  /** Frames from clients, and deliveries to them, since the process began. */
  readonly frames: number;
  readonly deliveries: number;
  /** Infinity where there is no limit. */
  readonly capacity: number;
  readonly state: Lease['state'];
  /** Tabs closed since the process began, by reason. */
  readonly closes: Readonly<Record<string, number>>;
}

/** The part of a lease that changes from beat to beat. */
export type Load = Omit<Lease, 'gateway' | 'version' | 'started'>;

/** Turns readings into the load of a lease: rates are over the time since the reading before. */
export class LoadMeter {
  readonly #loop: LoopLag;
  #before: { readonly at: number; readonly frames: number; readonly deliveries: number } | undefined;

  constructor(loop: LoopLag) {
    this.#loop = loop;
  }

  /** @param now a steady clock in ms  @param memory resident, in bytes */
  measure(readings: LoadReadings, memory: number, now: number): Load {
    const { frames, deliveries, capacity, closes, ...rest } = readings;
    const before = this.#before ?? { at: now, frames, deliveries };
    this.#before = { at: now, frames, deliveries };
    const perSecond = (count: number) => (now > before.at ? (count * 1000) / (now - before.at) : 0);
    return {
      ...rest,
      framesPerSecond: perSecond(frames - before.frames),
      deliveriesPerSecond: perSecond(deliveries - before.deliveries),
      lag: this.#loop.take(),
      memory,
      // JSON knows no Infinity.
      capacity: Math.min(capacity, Number.MAX_SAFE_INTEGER),
      closes: Object.fromEntries(Object.entries(closes).filter(([, count]) => count > 0)),
    };
  }
}

/** How late the event loop is. */
export interface LoopLag {
  /** 99th percentile since the last call, in ms. */
  take(): number;
}

/** How often the event loop is looked at, in ms. */
const resolution = 20;

/** Watches the event loop of this process. Keeps no process alive. */
export function watchLoopLag(): LoopLag {
  const histogram: IntervalHistogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return {
    take() {
      // Node measures from one look to the next, so an idle loop shows the resolution.
      const lag = Math.max(0, histogram.percentile(99) / 1e6 - resolution);
      histogram.reset();
      return Math.round(lag * 10) / 10;
    },
  };
}
