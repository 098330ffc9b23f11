import { type Alert, cluster } from '../rule.js';

/** Gateways themselves, and how they come and go. */
export const gatewayAlerts = {
  TabcastNoGateway: {
    expr: `sum by (${cluster}) (up{job="tabcast"}) == 0 or absent(up{job="tabcast"})`,
    for: '1m',
    severity: 'page',
    summary: 'No gateway answers',
    description: 'Nobody can connect, and nothing is delivered.',
  },
  TabcastGatewayDown: {
    expr: 'up{job="tabcast"} == 0',
    for: '2m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} cannot be scraped',
    description: 'Its tabs have gone to other gateways, unless it only does not answer Prometheus.',
  },
  // In a drain of 50 tabs and more there is a scrape that sees it. A container that starts again has the same labels.
  TabcastGatewayLost: {
    expr: `(
  (last_over_time(tabcast_tabs[10m]) unless tabcast_tabs)
  or (max_over_time(tabcast_tabs[10m]) and changes(process_start_time_seconds[10m]) > 0)
) >= 50
unless max_over_time(tabcast_drain_remaining[10m]) > 0
unless max_over_time(tabcast_drain_progress_ratio[10m]) > 0`,
    for: '1m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} has ended with {{ $value }} tabs, without draining',
    description: 'Its tabs lost their connection all at once, and have come back here and there.',
  },
  TabcastRestartLoop: {
    expr: 'changes(process_start_time_seconds{job="tabcast"}[15m]) > 2',
    severity: 'page',
    summary: '{{ $labels.instance }} starts again and again',
    description: 'Tabs that land there lose their connection every few minutes.',
  },
  // Over a time, because scrapes that land on the one that hangs fail, and a sample that is missing would begin `for` anew.
  TabcastWorkersMissing: {
    expr: `max_over_time(tabcast_workers[3m]) < last_over_time(tabcast_workers_expected[3m])
unless max_over_time(tabcast_drain_progress_ratio[10m]) > 0`,
    for: '2m',
    severity: 'page',
    summary: 'Only {{ $value }} workers of {{ $labels.instance }} answer',
    description: 'Connections that the system deals to a worker that hangs wait in vain, and so do its tabs.',
  },
  TabcastGatewaysDisagree: {
    expr: `max by (${cluster}) (tabcast_gateways) != min by (${cluster}) (tabcast_gateways)`,
    for: '2m',
    severity: 'page',
    summary: 'Gateways do not agree how many they are',
    description: 'The cluster may be in two parts: messages reach some tabs of a user and not the others.',
  },
  TabcastEventLoopLag: {
    expr: 'nodejs_eventloop_lag_p99_seconds{job="tabcast"} > 0.1',
    for: '5m',
    severity: 'ticket',
    summary: 'The event loop of {{ $labels.instance }} lags by {{ $value | humanizeDuration }}',
    description: 'Everything there is late. Beyond max-lag (200 ms) new tabs are turned away.',
  },
  TabcastDrainStuck: {
    expr: 'min_over_time(tabcast_drain_remaining[5m]) > 0',
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} has been draining for more than 15 min',
    description: 'Nothing for users. A rollout waits, or ends in a kill that tabs feel.',
  },
  TabcastRebalancingForever: {
    expr: `sum by (${cluster}) (increase(tabcast_tabs_shed_total[15m])) > 0`,
    for: '1h',
    severity: 'ticket',
    summary: 'Gateways have been asking tabs to move for more than an hour',
    description: 'Tabs reconnect again and again, for nothing.',
  },
} as const satisfies Record<string, Alert>;
