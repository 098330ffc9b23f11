import type { Encoding, ReplaceableFrame } from '../fanout/frame.js';
import type { Counters } from '../metrics/counters.js';
import type { Connection } from './connection.js';
import { LatestFrames } from './latest.js';

/** From here on a tab counts as behind, in bytes that wait for it in this process; what the kernel holds comes before. */
const muchWaiting = 16_384;

/** Of what waits, a tab that is behind must read down to this much in time. */
const littleWaiting = muchWaiting / 2;

/** Into how many looks a sweep over all tabs is divided, so that none of them takes long. */
const looks = 10;

/** What has to be known of a tab here. */
export interface LaggingTab {
  readonly encoding: Encoding;
  readonly socket: Connection;
}

export interface SlowTabRules {
  /** How long a tab may be behind without catching up, in ms. */
  readonly stallTimeout: number;
  /** How many bytes of latest frames may be kept for a tab. */
  readonly maxBackpressure: number;
  /** Every tab of this gateway. */
  readonly tabs: () => Iterator<LaggingTab>;
  /** How many they are. */
  readonly size: () => number;
  readonly counters: Counters;
  /** A steady clock in ms. */
  readonly now: () => number;
}

/** What is known of a tab that is behind. */
interface Lag {
  /** When it fell behind, or last had read all that was waiting. */
  since: number;
  /** Frames that are kept back until it has read what waits. */
  latest: LatestFrames | undefined;
}

/**
 * The few tabs that do not read as fast as is written to them. A tab that reads costs nothing here but a look a second.
 *
 * uWebSockets closes what is silent, but a client that reads a byte a minute is not: it would hold its memory for ever.
 * So whoever is behind has to catch up within the stall timeout, or is closed.
 */
export class SlowTabs {
  readonly #rules: SlowTabRules;
  readonly #lags = new Map<LaggingTab, Lag>();
  #sweep: Iterator<LaggingTab>;

  constructor(rules: SlowTabRules) {
    this.#rules = rules;
    this.#sweep = rules.tabs();
  }

  /** Tabs that are behind. */
  get size(): number {
    return this.#lags.size;
  }

  /**
   * Writes a frame of which only the latest counts: at once where nothing waits for the tab; else when it has read that,
   * unless a later frame of the same slot has taken its place.
   */
  deliver(tab: LaggingTab, frame: ReplaceableFrame): void {
    const kept = this.#lags.get(tab)?.latest;
    if (kept === undefined && tab.socket.waiting === 0) tab.socket.write(frame.in(tab.encoding));
    else this.#keep(tab, frame);
  }

  /** A tab has read some of what was waiting. */
  drained(tab: LaggingTab): void {
    const lag = this.#lags.get(tab);
    if (lag === undefined) return;
    if (tab.socket.waiting === 0) {
      lag.since = this.#rules.now();
      flush(tab, lag);
    }
    if (lag.latest === undefined && tab.socket.waiting <= littleWaiting) this.#lags.delete(tab);
  }

  /** A tab has left a channel: what was kept back of that is for it no more. */
  left(tab: LaggingTab, channel: string): void {
    const lag = this.#lags.get(tab);
    lag?.latest?.drop(channel);
    if (lag?.latest?.size === 0) lag.latest = undefined;
  }

  /** A tab has gone. */
  forget(tab: LaggingTab): void {
    this.#lags.delete(tab);
  }

  /** To be called ten times a second: each time looks at a tenth of the tabs, and closes those that have stalled. */
  tick(): void {
    const now = this.#rules.now();
    for (let left = Math.ceil(this.#rules.size() / looks); left > 0; left--) this.#lookAtNext(now);
    for (const [tab, { since }] of this.#lags)
      if (now - since >= this.#rules.stallTimeout) tab.socket.close(4008);
  }

  #lookAtNext(now: number): void {
    const { done, value: tab } = this.#sweep.next();
    if (done) this.#sweep = this.#rules.tabs();
    else if (tab.socket.waiting > muchWaiting && !this.#lags.has(tab))
      this.#lags.set(tab, { since: now, latest: undefined });
  }

  #keep(tab: LaggingTab, frame: ReplaceableFrame): void {
    const { counters, maxBackpressure, now } = this.#rules;
    const lag = this.#lags.get(tab) ?? { since: now(), latest: undefined };
    this.#lags.set(tab, lag);
    lag.latest ??= new LatestFrames(maxBackpressure);
    if (lag.latest.put(frame.slot, frame.lasting(tab.encoding))) counters.conflated++;
    if (lag.latest.tooMuch) tab.socket.close(4001);
  }
}

/** Writes what was kept back, as far as the client reads it at once. */
function flush(tab: LaggingTab, lag: Lag): void {
  while (tab.socket.waiting === 0) {
    const frame = lag.latest?.shift();
    if (frame === undefined) {
      lag.latest = undefined;
      return;
    }
    tab.socket.write(frame);
  }
}
