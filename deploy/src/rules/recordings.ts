import { cluster, type Recording } from './rule.js';

/** What alerts and dashboards ask for again and again, of a whole cluster. */
export const recordings: readonly Recording[] = [
  {
    record: 'cluster:tabcast_tabs:sum',
    expr: `sum by (${cluster}) (tabcast_tabs)`,
    help: 'Tabs.',
  },
  {
    record: 'cluster:tabcast_tabs_capacity:ratio',
    expr: `sum by (${cluster}) (tabcast_tabs) / sum by (${cluster}) (tabcast_tabs_capacity)`,
    help: 'Tabs as a part of those that all gateways may hold.',
  },
  {
    record: 'cluster:tabcast_tabs_opened:rate5m',
    expr: `sum by (${cluster}) (rate(tabcast_tabs_opened_total[5m]))`,
    help: 'Tabs that connect, per second.',
  },
  {
    record: 'cluster:tabcast_deliveries:rate5m',
    expr: `sum by (${cluster}) (rate(tabcast_deliveries_total[5m]))`,
    help: 'Frames given to tabs, per second.',
  },
  {
    record: 'cluster:tabcast_delivery_seconds:p99_5m',
    expr: `histogram_quantile(0.99, sum by (${cluster}, le) (rate(tabcast_delivery_seconds_bucket[5m])))`,
    help: 'From a send to the tabs, s. NaN while nothing is sent.',
  },
  {
    record: 'cluster:tabcast_sends_unavailable:ratio2m',
    expr: ratio('tabcast_sends_total', 'outcome=~"unavailable|unknown"', '2m'),
    help: 'The part of sends that the broker did not take, or perhaps not. NaN while nothing is sent.',
  },
  {
    record: 'cluster:tabcast_handshakes_limited:ratio5m',
    expr: ratio('tabcast_handshakes_total', 'outcome=~"lag|capacity|handshake-rate|address"', '5m'),
    help: 'The part of handshakes that a limit turned away. NaN while nobody connects.',
  },
  {
    record: 'cluster:tabcast_tokens_refused:ratio10m',
    expr: ratio('tabcast_tokens_total', 'outcome!~"accepted|expired|keys-unavailable"', '10m'),
    help: 'The part of tokens that are no good, and not merely expired. NaN while none is shown.',
  },
  {
    record: 'cluster:tabcast_resumes_lost:ratio1h',
    expr: ratio('tabcast_resumes_total', 'outcome="lost"', '1h'),
    help: 'The part of resumed channels that had to be told of a loss. NaN while nobody resumes.',
  },
  {
    record: 'cluster:tabcast_webhook_duration_seconds:p95_5m',
    expr: `histogram_quantile(0.95, sum by (${cluster}, le) (rate(tabcast_webhook_duration_seconds_bucket[5m])))`,
    help: 'How long the backend takes to answer, s. NaN while it is not asked.',
  },
];

/** Which part of a counter's growth has these labels. */
function ratio(counter: string, labels: string, window: string): string {
  const growth = (selector: string) => `sum by (${cluster}) (rate(${selector}[${window}]))`;
  return `${growth(`${counter}{${labels}}`)} / ${growth(counter)}`;
}
