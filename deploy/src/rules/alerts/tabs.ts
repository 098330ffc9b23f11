import { type Alert, cluster } from '../rule.js';

/** Tabs: whether they can come, and stay. */
export const tabAlerts = {
  TabcastNearCapacity: {
    expr: 'cluster:tabcast_tabs_capacity:ratio > 0.8',
    for: '10m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of the places for tabs are taken',
    description: 'Nothing yet. If one gateway goes, its tabs may find no room.',
  },
  TabcastCapacityReached: {
    expr: 'cluster:tabcast_tabs_capacity:ratio > 0.95',
    for: '2m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of the places for tabs are taken',
    description: 'New tabs are turned away, or soon will be.',
  },
  TabcastHandshakesRefused: {
    expr: 'cluster:tabcast_handshakes_limited:ratio5m > 0.05',
    for: '10m',
    severity: 'page',
    summary: 'Limits turn {{ $value | humanizePercentage }} of the handshakes away',
    description: 'People wait for their connection, or do not get one.',
  },
  // A tab that moves in a rollout comes once or twice in five minutes, and a site of many pages always has many.
  TabcastReconnectStorm: {
    expr: `cluster:tabcast_tabs_opened:rate5m * 300 > 2 * cluster:tabcast_tabs:sum
  and cluster:tabcast_tabs_opened:rate5m > 3 * (cluster:tabcast_tabs_opened:rate5m offset 1h)
  and cluster:tabcast_tabs_opened:rate5m > 1`,
    for: '5m',
    severity: 'page',
    summary: '{{ $value | humanize }} tabs connect in five minutes, more than twice as many as there are',
    description: 'Tabs do not stay connected, and everything behind the gateways feels their coming.',
  },
  TabcastTabsTooSlow: {
    expr: `sum by (${cluster}) (increase(tabcast_tabs_closed_total{reason=~"slow|stalled"}[10m])) > 10
  and sum by (${cluster}) (increase(tabcast_tabs_closed_total{reason=~"slow|stalled"}[10m]))
    > 0.01 * cluster:tabcast_tabs:sum`,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $value | humanize }} tabs were closed in ten minutes because they read too slowly',
    description: 'They reconnect and resume, and may be closed again.',
  },
  TabcastTokensRefused: {
    expr: `cluster:tabcast_tokens_refused:ratio10m > 0.2
  and sum by (${cluster}) (increase(tabcast_tokens_total[10m])) > 20`,
    for: '10m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of the tokens are no good',
    description: 'These people cannot connect, unless it is somebody who guesses.',
  },
  TabcastKeysUnavailable: {
    expr: `sum by (${cluster}) (rate(tabcast_tokens_total{outcome="keys-unavailable"}[5m])) > 0`,
    for: '5m',
    severity: 'page',
    summary: 'The keys that verify tokens cannot be had',
    description:
      'Nobody with a token of these keys can connect; tabs that are there stay until theirs expire.',
  },
} as const satisfies Record<string, Alert>;
