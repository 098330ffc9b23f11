import type { Metric } from '../metric.js';

/** Tabs that have to leave although nothing is wrong with them. */
export const leavingMetrics: readonly Metric[] = [
  {
    name: 'tabcast_drain_remaining',
    type: 'gauge',
    help: 'Connections that have yet to go before this gateway stops; 0 while it does not drain.',
    read: (r) => r.drainRemaining(),
  },
  {
    name: 'tabcast_drain_progress_ratio',
    type: 'gauge',
    help: 'Which part of the connections has gone since this gateway stopped accepting, from 0 to 1.',
    together: 'min',
    read: (r) => r.drainProgress(),
  },
  {
    name: 'tabcast_tabs_shed_total',
    type: 'counter',
    help: 'Tabs that were asked to move because this gateway held more than others.',
    read: (r) => r.counters.tabsShed,
  },
];
