import type { Metric } from '../metric.js';

/** The way to the other gateways. */
export const brokerMetrics: readonly Metric[] = [
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
];
