import { type Alert, cluster } from '../rule.js';

/** The application behind the gateways. */
export const webhookAlerts = {
  TabcastWebhookBreakerOpen: {
    expr: 'tabcast_webhook_breaker_open == 1',
    for: '2m',
    severity: 'page',
    summary: 'The application does not answer the webhooks of {{ $labels.instance }}',
    description: 'Actions of tabs get an error, and people without a token cannot connect. Sends go on.',
  },
  TabcastWebhookEventsDropped: {
    expr: `sum by (${cluster}) (increase(tabcast_webhook_events_dropped_total[15m])) > 0`,
    severity: 'ticket',
    summary: 'The application was not told of {{ $value | humanize }} events',
    description: 'It may show people as online who are not, or the other way round.',
  },
  TabcastWebhooksSlow: {
    expr: 'cluster:tabcast_webhook_duration_seconds:p95_5m > 1',
    for: '10m',
    severity: 'ticket',
    summary: 'One webhook in twenty takes longer than {{ $value | humanizeDuration }}',
    description: 'Actions of tabs, and connecting without a token, take as long.',
  },
} as const satisfies Record<string, Alert>;
