import type { Metric } from '../metric.js';

/** What gateways know of each other, and what they tell and ask. */
export const clusterMetrics: readonly Metric[] = [
  {
    name: 'tabcast_gateways',
    type: 'gauge',
    help: 'Gateways alive, this one included, as far as it knows.',
    together: 'max',
    read: (r) => r.gateways(),
  },
  {
    name: 'tabcast_degraded',
    type: 'gauge',
    help: '1 while this gateway is cut off from the others, else 0.',
    together: 'max',
    read: (r) => (r.degraded() ? 1 : 0),
  },
  {
    name: 'tabcast_beats_total',
    type: 'counter',
    label: 'outcome',
    help: 'Times that this gateway said that it is alive, once in 2 s: whether it was heard.',
    read: (r) => r.counters.beats,
  },
  {
    name: 'tabcast_orders_total',
    type: 'counter',
    label: 'kind',
    help: 'Orders of gateways that arrived, of this one too. unknown are those of a newer gateway, and ignored.',
    read: (r) => r.counters.orders,
  },
  {
    name: 'tabcast_questions_total',
    type: 'counter',
    label: 'outcome',
    help: 'Questions to other gateways: whether each that heard it has answered in time.',
    read: (r) => r.counters.questions,
  },
];
