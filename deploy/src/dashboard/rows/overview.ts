import {
  DurationInDaysHoursMinutesSeconds,
  PercentUnit,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { lines, stat, table } from '../kinds.js';
import { gateways, perMinute, quantile, rate, sum } from '../query.js';
import { high, low, middle, type Row } from '../row.js';

const unwanted = gateways('tabcast_tabs_closed_total', 'reason=~"slow|stalled|lost|idle|internal"');
const turnedAway = gateways(
  'tabcast_handshakes_total',
  'outcome=~"unavailable|backend-unavailable|capacity|lag"',
);
const failedSends = gateways('tabcast_sends_total', 'outcome=~"unavailable|unknown|history-full"');

const alerts = table({
  title: 'Alerts that fire',
  tells:
    'What Prometheus calls for help about, of all clusters. Begin here: every alert has a runbook of its name.',
  bad: 'any row.',
  unit: Short,
  rows: 'ALERTS{alertname=~"Tabcast.+", alertstate="firing"}',
  columns: { alertname: 'Alert', severity: 'Severity', namespace: 'Namespace', instance: 'Where' },
  value: 'Firing',
  none: 'None',
});

const running = table({
  title: 'Running',
  tells: 'Each gateway, its version, and how long it has been running.',
  bad: 'one that is always young: it starts again and again, so look at its log.',
  alerts: ['TabcastRestartLoop'],
  unit: DurationInDaysHoursMinutesSeconds,
  rows: `(time() - ${gateways('process_start_time_seconds')}) * on (namespace, job, instance) group_right () ${gateways('tabcast_build_info')}`,
  columns: { instance: 'Gateway', version: 'Version' },
  value: 'Up',
  none: 'No gateway is read',
});

const alive = stat({
  title: 'Gateways',
  tells:
    'Gateways that are alive as they know each other, and those that Prometheus reads; each worker is one.',
  bad: 'fewer than you run. Where the two differ, Prometheus does not find one, or one is cut off.',
  alerts: ['TabcastNoGateway', 'TabcastGatewayDown', 'TabcastGatewayLost'],
  unit: Short,
  queries: {
    alive: `max(${gateways('tabcast_gateways')})`,
    scraped: sum(gateways('tabcast_workers')),
  },
});

const cutOff = stat({
  title: 'Gateways cut off',
  tells:
    'Gateways that are cut off from the others. Their tabs stay; what is sent to them meanwhile is delivered later.',
  bad: 'any, for more than a minute. If it is all of them, it is Redis; if it is one, the way from there to Redis.',
  alerts: ['TabcastDegraded'],
  unit: Short,
  queries: { 'cut off': sum(gateways('tabcast_degraded')) },
  limits: { bad: 1 },
});

const capacity = stat({
  title: 'Fullest gateway',
  tells: 'Tabs on the fullest gateway as a part of what it may hold.',
  bad: 'above 80 %: add gateways before it is 100 %, because then handshakes are refused.',
  alerts: ['TabcastNearCapacity', 'TabcastCapacityReached'],
  unit: PercentUnit,
  queries: { used: `max(${gateways('tabcast_tabs_capacity_ratio')})` },
  limits: { warn: 0.7, bad: 0.8 },
});

const refused = stat({
  title: 'Refused by us per minute',
  tells:
    'Tabs that were turned away through no fault of theirs: there is no room, a gateway is too busy, or keys or the application are away. "Errors" has it by reason.',
  bad: 'any, for minutes. They come back later by themselves, and are refused again.',
  alerts: ['TabcastHandshakesRefused'],
  unit: Short,
  queries: { refused: sum(perMinute(turnedAway)) },
  limits: { bad: 0.1 },
});

const sendsFailed = stat({
  title: 'Sends failed per minute',
  tells:
    'Sends of the application that were refused through no fault of its own: Redis is away, does not answer, or is full.',
  bad: 'any. The application got a 503 or a 507, and has to send again.',
  alerts: ['TabcastSendsUnavailable', 'TabcastHistoryFull'],
  unit: Short,
  queries: { failed: sum(perMinute(failedSends)) },
  limits: { bad: 0.1 },
});

const breaker = stat({
  title: 'Webhook breakers open',
  tells: 'Gateways that send no webhooks, because the application failed several times in a row.',
  bad: 'any. Tabs that need the application, to log in for instance, are told to try later.',
  alerts: ['TabcastWebhookBreakerOpen'],
  unit: Short,
  queries: { gateways: sum(gateways('tabcast_webhook_breaker_open')) },
  limits: { bad: 1 },
});

const tabs = stat({
  title: 'Tabs',
  tells: 'Tabs that are connected, on all gateways.',
  bad: 'a sudden fall: people are being thrown out, or cannot get in.',
  unit: Short,
  queries: { tabs: sum(gateways('tabcast_tabs')) },
});

const sends = stat({
  title: 'Sends per second',
  tells: 'What the application asked for and was taken.',
  bad: 'none at all, where there are always some: the application does not reach the internal port.',
  unit: Short,
  queries: { sends: sum(rate(gateways('tabcast_sends_total', 'outcome="accepted"'))) },
});

const deliveries = stat({
  title: 'Deliveries per second',
  tells: 'Frames given to tabs: one send to 1,000 tabs is 1,000 deliveries.',
  bad: 'far more than usual: somebody sends to everyone in a loop.',
  unit: Short,
  queries: { deliveries: sum(rate(gateways('tabcast_deliveries_total'))) },
});

const late = stat({
  title: 'Delivery time, p99',
  tells:
    'From taking a send, through Redis, to giving it to the tabs of the same gateway. 99 of 100 are faster.',
  bad: 'above 0.25 s. If the round trip beside it is as slow, it is Redis or the network, else a gateway that is busy.',
  alerts: ['TabcastMessagesLate'],
  unit: Seconds,
  queries: { p99: quantile(0.99, 'tabcast_delivery_seconds') },
  limits: { warn: 0.1, bad: 0.25 },
});

const roundTrip = stat({
  title: 'Redis round trip, p99',
  tells: 'From a gateway through Redis and back, without load and without tabs.',
  bad: 'above 0.1 s: Redis is busy, or far away.',
  alerts: ['TabcastMessagesLate'],
  unit: Seconds,
  queries: { p99: quantile(0.99, 'tabcast_broker_round_trip_seconds') },
  limits: { warn: 0.05, bad: 0.1 },
});

const closes = stat({
  title: 'Unwanted closes per minute',
  tells: 'Tabs that were lost, fell silent, read too slowly, or met an error of ours.',
  bad: 'far more than usual: a network that fails, or bursts that are too big for clients.',
  alerts: ['TabcastTabsTooSlow'],
  unit: Short,
  queries: { closes: sum(perMinute(unwanted)) },
});

const comings = lines({
  title: 'Tabs that come and go, per second',
  tells: 'Tabs opened and closed.',
  bad: 'both high at once, which is a reconnect storm; closes without opens are people who cannot come back.',
  alerts: ['TabcastReconnectStorm'],
  unit: Short,
  queries: {
    opened: sum(rate(gateways('tabcast_tabs_opened_total'))),
    closed: sum(rate(gateways('tabcast_tabs_closed_total'))),
  },
});

const messages = lines({
  title: 'Messages per second',
  tells: 'Sends by the application, frames from tabs, and publications that arrived at gateways from Redis.',
  bad: 'publications without sends or frames: orders between gateways, or other publishers with the same prefix.',
  unit: Short,
  queries: {
    sends: sum(rate(gateways('tabcast_sends_total'))),
    'frames from tabs': sum(rate(gateways('tabcast_frames_received_total'))),
    publications: sum(rate(gateways('tabcast_publications_total'))),
  },
});

const deliveriesOverTime = lines({
  title: 'Deliveries per second',
  tells: 'Frames given to tabs.',
  bad: 'a fall to 0 while sends go on: look at "Gateways cut off".',
  unit: Short,
  queries: { deliveries: sum(rate(gateways('tabcast_deliveries_total'))) },
});

const latency = lines({
  title: 'Delivery time',
  tells: 'From taking a send, through Redis, to giving it to the tabs of the same gateway.',
  bad: 'a p99 above 0.25 s.',
  alerts: ['TabcastMessagesLate'],
  unit: Seconds,
  queries: {
    p50: quantile(0.5, 'tabcast_delivery_seconds'),
    p99: quantile(0.99, 'tabcast_delivery_seconds'),
  },
  limits: { bad: 0.25 },
});

/** For someone who was woken up: is it us, what is it, since when? */
export const overview: Row = {
  title: 'Cluster',
  lines: [
    middle(alerts, running),
    low(alive, cutOff, capacity, refused, sendsFailed, breaker),
    low(tabs, sends, deliveries, late, roundTrip, closes),
    high(comings, messages, deliveriesOverTime, latency),
  ],
};
