import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metric, Readings } from './metric.js';
import { metricTable } from './table.js';

/** From this gateway through the broker and back; observed about once a second, so prom-client's own cost is nothing. */
export const roundTripMetric = {
  name: 'tabcast_broker_round_trip_seconds',
  help: 'From this gateway through the broker and back, measured by the probe.',
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
};

/** The page for Prometheus, in version 0.0.4 of its text format. */
export class MetricsPage {
  readonly #registry = new Registry();
  readonly #roundTrip = new Histogram({ ...roundTripMetric, registers: [this.#registry] });

  constructor(readings: Readings) {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 20 });
    for (const metric of metricTable) register(this.#registry, metric, readings);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A round trip of the broker's probe, in seconds. */
  observeRoundTrip(seconds: number): void {
    this.#roundTrip.observe(seconds);
  }

  /** The page as text. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

function register(registry: Registry, { name, help, type, label, read }: Metric, readings: Readings): void {
  const options = { name, help, labelNames: label === undefined ? [] : [label], registers: [registry] };
  if (type === 'gauge')
    new Gauge({
      ...options,
      collect() {
        for (const [labels, value] of samples(label, read(readings))) this.set(labels, value);
      },
    });
  else
    new Counter({
      ...options,
      collect() {
        this.reset();
        for (const [labels, value] of samples(label, read(readings))) this.inc(labels, value);
      },
    });
}

function samples(
  label: string | undefined,
  value: ReturnType<Metric['read']>,
): [Record<string, string>, number][] {
  if (label === undefined || typeof value === 'number') return [[{}, value as number]];
  return Object.entries(value).map(([name, count]) => [{ [label]: name }, count]);
}
