import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** Highest latency that is told apart, µs: a minute. */
const highest = 60_000_000;

/** The usual percentiles of a latency, ms. NaN where nothing was recorded. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Latencies of messages, each from when it was due to its arrival, with three significant digits (HdrHistogram). A message
 * that was due on another machine may seem to arrive before, by the error of the estimated clock: that counts as 0.
 */
export class Latencies {
  readonly #histogram: Histogram;

  constructor(
    histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: highest,
      numberOfSignificantValueDigits: 3,
    }),
  ) {
    this.#histogram = histogram;
  }

  /** Reads what `encode` has written. */
  static decode(text: string): Latencies {
    return new Latencies(decodeFromCompressedBase64(text));
  }

  /** How many were recorded. */
  get count(): number {
    return this.#histogram.totalCount;
  }

  /** @param milliseconds beyond a minute counts as a minute */
  record(milliseconds: number): void {
    this.#histogram.recordValue(Math.min(highest, Math.max(0, Math.round(milliseconds * 1000))));
  }

  add(others: Latencies): void {
    this.#histogram.add(others.#histogram);
  }

  /** Forgets everything. */
  clear(): void {
    this.#histogram.reset();
  }

  percentiles(): Percentiles {
    return {
      p50: this.percentile(50),
      p90: this.percentile(90),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      max: this.percentile(100),
    };
  }

  /** The latency that so many percent do not exceed, ms; NaN without any. */
  percentile(percent: number): number {
    if (this.count === 0) return Number.NaN;
    return this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  /** As text, to travel between processes and to be kept with results. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }
}
