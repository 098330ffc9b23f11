import { type Alert, cluster } from '../rule.js';

/** The way of messages: through Redis, in time, and whole. */
export const messageAlerts = {
  TabcastDegraded: {
    expr: 'tabcast_degraded == 1 or tabcast_broker_live == 0',
    for: '1m',
    severity: 'page',
    summary: '{{ $labels.instance }} is cut off from Redis',
    description: 'Its tabs stay connected and hear nothing; sends through it are refused with 503.',
  },
  TabcastBrokerFlapping: {
    expr: 'increase(tabcast_broker_losses_total[15m]) > 4',
    severity: 'ticket',
    summary: '{{ $labels.instance }} loses Redis again and again',
    description: 'Messages are late by seconds each time; nothing is lost while history reaches.',
  },
  TabcastMessagesLate: {
    expr: 'cluster:tabcast_delivery_seconds:p99_5m > 0.25',
    for: '10m',
    severity: 'page',
    summary: 'One message in a hundred takes longer than {{ $value | humanizeDuration }}',
    description: 'Messages are late.',
  },
  TabcastSendsUnavailable: {
    expr: 'cluster:tabcast_sends_unavailable:ratio2m > 0.01',
    for: '5m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of sends fail',
    description: 'Backends get 503, and what they do not repeat reaches nobody.',
  },
  TabcastHistoryFull: {
    expr: `sum by (${cluster}) (rate(tabcast_sends_total{outcome="history-full"}[5m])) > 0`,
    for: '2m',
    severity: 'page',
    summary: 'Redis is full',
    description: 'Sends that are to be kept are refused with 507; other sends go on.',
  },
  TabcastCatchUpsFailing: {
    expr: `increase(tabcast_catch_ups_total{outcome="failed"}[5m]) > 10
unless ignoring (outcome) tabcast_degraded == 1`,
    for: '5m',
    severity: 'page',
    summary: '{{ $labels.instance }} cannot read what it has missed',
    description: 'Tabs of some channels get nothing until it can.',
  },
  TabcastGaps: {
    expr: `sum by (${cluster}, kind) (increase(tabcast_gaps_total[5m])) > 0`,
    for: '15m',
    severity: 'ticket',
    summary: 'Tabs of {{ $labels.kind }} channels are told again and again that messages are lost',
    description: 'Each of them loads its data anew; what only a message said is gone.',
  },
  TabcastResumesLost: {
    expr: `cluster:tabcast_resumes_lost:ratio1h > 0.5
  and sum by (${cluster}) (increase(tabcast_resumes_total[1h])) > 100`,
    for: '15m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of resumed channels were too late',
    description: 'Tabs that come back load their data anew, which the application feels as well.',
  },
} as const satisfies Record<string, Alert>;
