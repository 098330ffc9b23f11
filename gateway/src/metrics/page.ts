import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Distribution, Metric, Reading, Readings, Timed } from './metric.js';
import { metricTable } from './table.js';
import type { Figures } from './together.js';

/** The page for Prometheus, in version 0.0.4 of its text format. */
export class MetricsPage {
  readonly #registry = new Registry();
  readonly #histograms = new Map<Timed, Histogram>();

  constructor(readings: Readings) {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 20 });
    for (const metric of metricTable) this.#add(metric, readings);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Something has taken this long, in seconds. */
  observe(what: Timed, seconds: number): void {
    this.#histograms.get(what)!.observe(seconds);
  }

  /** The page as text. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same as values, to be added to those of other gateways. */
  figures(): Promise<Figures> {
    return this.#registry.getMetricsAsJSON();
  }

  #add(metric: Metric, readings: Readings): void {
    if (metric.type !== 'histogram') register(this.#registry, metric, readings);
    else this.#histograms.set(metric.of, histogram(this.#registry, metric));
  }
}

function histogram(registry: Registry, { name, help, buckets }: Distribution): Histogram {
  return new Histogram({ name, help, buckets: [...buckets], registers: [registry] });
}

function register(
  registry: Registry,
  { name, help, type, label, together = 'sum', read }: Reading,
  readings: Readings,
): void {
  const labelNames = label === undefined ? [] : [label];
  const options = { name, help, labelNames, aggregator: together, registers: [registry] };
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
  value: ReturnType<Reading['read']>,
): [Record<string, string>, number][] {
  if (label === undefined || typeof value === 'number') return [[{}, value as number]];
  return Object.entries(value).map(([name, count]) => [{ [label]: name }, count]);
}
