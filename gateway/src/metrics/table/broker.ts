import type { Metric } from '../metric.js';

/** The way to the other gateways. */
export const brokerMetrics: readonly Metric[] = [
  {
    name: 'tabcast_broker_live',
    type: 'gauge',
    help: '1 while the broker carries in both directions, else 0.',
    together: 'min',
    read: (r) => (r.brokerLive() ? 1 : 0),
  },
  {
    name: 'tabcast_broker_losses_total',
    type: 'counter',
    help: 'Times that the broker went from live to down.',
    read: (r) => r.counters.brokerLosses,
  },
  {
    name: 'tabcast_broker_round_trip_seconds',
    type: 'histogram',
    of: 'roundTrip',
    help: 'From this gateway through the broker and back, measured by the probe.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
];
