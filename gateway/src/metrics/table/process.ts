import type { Metric } from '../metric.js';

/** The process itself. */
export const processMetrics: readonly Metric[] = [
  {
    name: 'tabcast_build_info',
    type: 'gauge',
    label: 'version',
    help: 'Always 1; the label is the version of tabcast.',
    read: (r) => ({ [r.version]: 1 }),
  },
];
