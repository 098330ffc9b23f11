import { Seconds } from '@grafana/grafana-foundation-sdk/units';
import { heatmap, lines } from '../kinds.js';
import { gateways, quantile, rate, sumBy } from '../query.js';
import { high, type Row } from '../row.js';

const deliveries = heatmap({
  title: 'Delivery time, how many',
  tells: 'Deliveries by how long they took, from taking a send to giving it to the tabs of the same gateway.',
  bad: 'a second band above the usual one: one gateway, or one kind of send, is slow. A sample of ten a second at most.',
  unit: Seconds,
  buckets: sumBy('le', rate(gateways('tabcast_delivery_seconds_bucket'))),
});

const worst = lines({
  title: 'Delivery time, p99 of each gateway',
  tells: 'The same, gateway by gateway: 99 of 100 are faster.',
  bad: 'one line above the others: that gateway is busy, see its CPU and event-loop lag.',
  alerts: ['TabcastMessagesLate'],
  unit: Seconds,
  queries: { '{{instance}}': quantile(0.99, 'tabcast_delivery_seconds', 'instance') },
  limits: { bad: 0.25 },
});

const roundTrip = lines({
  title: 'Redis round trip',
  tells: 'From a gateway through Redis and back, measured by a probe every few seconds.',
  bad: 'as slow as deliveries are: then it is Redis or the network, not the gateways.',
  alerts: ['TabcastMessagesLate'],
  unit: Seconds,
  queries: {
    p50: quantile(0.5, 'tabcast_broker_round_trip_seconds'),
    p99: quantile(0.99, 'tabcast_broker_round_trip_seconds'),
  },
  limits: { bad: 0.1 },
});

const webhooks = lines({
  title: 'Webhook duration',
  tells: 'From sending a webhook to the whole answer of the application, or to giving up.',
  bad: 'close to `webhook-timeout`: tabs get errors instead of answers. It never slows deliveries.',
  alerts: ['TabcastWebhooksSlow'],
  unit: Seconds,
  queries: {
    p50: quantile(0.5, 'tabcast_webhook_duration_seconds'),
    p99: quantile(0.99, 'tabcast_webhook_duration_seconds'),
  },
});

/** Where does the time go? */
export const latency: Row = {
  title: 'Latency',
  lines: [high(deliveries, worst), high(roundTrip, webhooks)],
};
