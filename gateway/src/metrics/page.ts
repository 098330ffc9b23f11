import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Counters } from './counters.js';

/** What is read off the gateway at the moment of a scrape. */
export interface Readings {
  readonly counters: Counters;
  /** Tabs, and channels with at least one tab, on this gateway. */
  readonly tabs: () => number;
  readonly channels: () => number;
  /** Whether the broker carries. */
  readonly brokerLive: () => boolean;
  readonly version: string;
}

/** One metric. `read` gives a number, or a number for each value of the label. */
interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly label?: string;
  readonly help: string;
  readonly read: (readings: Readings) => number | Readonly<Record<string, number>>;
}

/**
 * Every metric of our own. docs/metrics.md is generated from here. Those of the process and of Node.js come from
 * prom-client under their usual names.
 */
export const metricTable: readonly Metric[] = [
  { name: 'tabcast_tabs', type: 'gauge', help: 'Tabs on this gateway.', read: (r) => r.tabs() },
  {
    name: 'tabcast_channels',
    type: 'gauge',
    help: 'Channels with at least one tab on this gateway.',
    read: (r) => r.channels(),
  },
  {
    name: 'tabcast_tabs_opened_total',
    type: 'counter',
    help: 'Connections that completed the handshake.',
    read: (r) => r.counters.tabsOpened,
  },
  {
    name: 'tabcast_tabs_closed_total',
    type: 'counter',
    label: 'reason',
    help: 'Connections that closed: by a close code of ours, by the client, idle, lost, or for breaking RFC 6455.',
    read: (r) => r.counters.tabsClosed,
  },
  {
    name: 'tabcast_handshakes_total',
    type: 'counter',
    label: 'outcome',
    help: 'Handshakes: accepted, or refused for the request, the origin, the token, or unavailable keys.',
    read: (r) => r.counters.handshakes,
  },
  {
    name: 'tabcast_tokens_total',
    type: 'counter',
    label: 'outcome',
    help: 'Tokens that were checked, at the handshake or in a frame.',
    read: (r) => r.counters.tokens,
  },
  {
    name: 'tabcast_frames_received_total',
    type: 'counter',
    label: 'kind',
    help: 'Frames from clients.',
    read: (r) => r.counters.framesReceived,
  },
  {
    name: 'tabcast_sends_total',
    type: 'counter',
    label: 'outcome',
    help: 'Sends asked for over HTTP. Each item of a batch counts; a body that is refused counts once.',
    read: (r) => r.counters.sends,
  },
  {
    name: 'tabcast_publications_total',
    type: 'counter',
    label: 'kind',
    help: 'Publications that arrived from the broker, by kind of channel.',
    read: (r) => r.counters.publications,
  },
  {
    name: 'tabcast_deliveries_total',
    type: 'counter',
    help: 'Frames given to tabs by fan-out: one publication to 1,000 tabs is 1,000 deliveries.',
    read: (r) => r.counters.deliveries,
  },
  {
    name: 'tabcast_delivered_bytes_total',
    type: 'counter',
    help: 'Bytes of frames in deliveries, without WebSocket headers.',
    read: (r) => r.counters.deliveredBytes,
  },
  {
    name: 'tabcast_drops_total',
    type: 'counter',
    help: 'Drops that uWebSockets reported for slow tabs. Each ends in a close with reason slow.',
    read: (r) => r.counters.drops,
  },
  {
    name: 'tabcast_unreadable_envelopes_total',
    type: 'counter',
    help: 'Envelopes of a version that this gateway does not know.',
    read: (r) => r.counters.unreadableEnvelopes,
  },
  {
    name: 'tabcast_broker_live',
    type: 'gauge',
    help: '1 while the broker carries in both directions, else 0.',
    read: (r) => (r.brokerLive() ? 1 : 0),
  },
  {
    name: 'tabcast_broker_losses_total',
    type: 'counter',
    help: 'Times that the broker went from live to down.',
    read: (r) => r.counters.brokerLosses,
  },
  {
    name: 'tabcast_build_info',
    type: 'gauge',
    label: 'version',
    help: 'Always 1; the label is the version of tabcast.',
    read: (r) => ({ [r.version]: 1 }),
  },
];

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
