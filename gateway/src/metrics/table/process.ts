import type { Metric } from '../metric.js';

/** The process itself. */
export const processMetrics: readonly Metric[] = [
  {
    name: 'tabcast_workers',
    type: 'gauge',
    help: 'Gateways whose figures this page adds up: 1, or the workers that answered in time.',
    read: () => 1,
  },
  {
    name: 'tabcast_workers_expected',
    type: 'gauge',
    help: 'Gateways whose figures this page should add up: 1, or the workers that were asked for.',
    together: 'first',
    read: (r) => r.workers(),
  },
  {
    name: 'tabcast_build_info',
    type: 'gauge',
    label: 'version',
    help: 'Always 1; the label is the version of tabcast.',
    together: 'first',
    read: (r) => ({ [r.version]: 1 }),
  },
];
