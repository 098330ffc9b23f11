import type { Metric } from './metric.js';
import { backendMetrics } from './table/backend.js';
import { brokerMetrics } from './table/broker.js';
import { clusterMetrics } from './table/cluster.js';
import { historyMetrics } from './table/history.js';
import { leavingMetrics } from './table/leaving.js';
import { messageMetrics } from './table/messages.js';
import { processMetrics } from './table/process.js';
import { tabMetrics } from './table/tabs.js';

/**
 * Every metric of our own. docs/metrics.md is generated from here. Those of the process and of Node.js come from
 * prom-client under their usual names.
 */
export const metricTable: readonly Metric[] = [
  ...tabMetrics,
  ...messageMetrics,
  ...historyMetrics,
  ...brokerMetrics,
  ...clusterMetrics,
  ...backendMetrics,
  ...leavingMetrics,
  ...processMetrics,
];
