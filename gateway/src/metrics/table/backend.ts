import type { Metric } from '../metric.js';

/** The application behind the gateway, where it is reached by webhooks. */
export const backendMetrics: readonly Metric[] = [
  {
    name: 'tabcast_webhooks_total',
    type: 'counter',
    label: 'outcome',
    help: 'Webhooks, each attempt: answered; refused, which is an error status or no answer; slow; down, which is no connection; or not sent, as the breaker was open or too much waited.',
    read: (r) => r.counters.webhooks,
  },
  {
    name: 'tabcast_webhook_duration_seconds',
    type: 'histogram',
    of: 'webhook',
    help: 'From sending a webhook to its whole answer, or to giving up.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  {
    name: 'tabcast_webhook_events_dropped_total',
    type: 'counter',
    help: 'Events (disconnect, online, offline) that the backend was never told of: no room, or every try failed.',
    read: (r) => r.counters.webhookEventsDropped,
  },
  {
    name: 'tabcast_webhook_queue',
    type: 'gauge',
    help: 'Questions to the backend without an answer, and events it has not been told of, waiting or on their way.',
    read: (r) => r.webhooksPending(),
  },
  {
    name: 'tabcast_webhook_breaker_open',
    type: 'gauge',
    together: 'max',
    help: '1 while webhooks are refused at once, because the backend failed several times in a row, else 0.',
    read: (r) => (r.webhooksBroken() ? 1 : 0),
  },
];
