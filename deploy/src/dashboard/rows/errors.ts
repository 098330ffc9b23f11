import { Short } from '@grafana/grafana-foundation-sdk/units';
import { lines } from '../kinds.js';
import { gateways, perMinute, perMinuteBy, sum, sumBy } from '../query.js';
import { high, type Row } from '../row.js';

const handshakes = lines({
  title: 'Handshakes refused, per minute',
  tells: 'Handshakes that were refused, by reason, and those that the client gave up.',
  bad: '`unavailable` and `backend-unavailable` are ours; `capacity` and `lag` want more gateways; `origin` and `token` are pages or attackers.',
  alerts: ['TabcastHandshakesRefused', 'TabcastKeysUnavailable'],
  unit: Short,
  queries: perMinuteBy('outcome', 'tabcast_handshakes_total', 'outcome!="accepted"'),
});

const tokens = lines({
  title: 'Tokens refused, per minute',
  tells: 'Tokens that were not accepted, at the handshake or in a frame, by reason.',
  bad: '`signature` after a rotation of keys is an issuer with the old one; `keys-unavailable` is a key set that cannot be fetched. `expired` is usual.',
  alerts: ['TabcastTokensRefused', 'TabcastKeysUnavailable'],
  unit: Short,
  queries: perMinuteBy('outcome', 'tabcast_tokens_total', 'outcome!="accepted"'),
});

const sends = lines({
  title: 'Sends refused, per minute',
  tells: 'Sends of the application that were not taken, by reason.',
  bad: '`unavailable` and `unknown` are Redis, `history-full` is a full Redis. `invalid` and `conflict` are mistakes of the application.',
  alerts: ['TabcastSendsUnavailable', 'TabcastHistoryFull'],
  unit: Short,
  queries: perMinuteBy('outcome', 'tabcast_sends_total', 'outcome!="accepted"'),
});

const closes = lines({
  title: 'Tabs closed, per minute',
  tells: 'Tabs that closed, by reason. docs/errors.md has what each of them means.',
  bad: '`internal` is a fault of ours. `slow` and `stalled` are clients that do not keep up, `lost` and `idle` a network. `client` is people who leave.',
  unit: Short,
  queries: perMinuteBy('reason', 'tabcast_tabs_closed_total'),
});

const limits = lines({
  title: 'Limits hit, per minute',
  tells: 'Times that something ran into a limit, also where limits are only tried out.',
  bad: 'any that ordinary people run into: then the limit is too low.',
  unit: Short,
  queries: perMinuteBy('limit', 'tabcast_limits_hit_total'),
});

const slow = lines({
  title: 'Slow tabs',
  tells:
    'Tabs that are behind with reading now; and per minute, drops, and frames that a later one took the place of.',
  bad: 'many at once: a burst that is too big for what clients can take.',
  alerts: ['TabcastTabsTooSlow'],
  unit: Short,
  queries: {
    'behind now': sum(gateways('tabcast_tabs_behind')),
    'drops per minute': sum(perMinute(gateways('tabcast_drops_total'))),
    'conflated per minute': sum(perMinute(gateways('tabcast_frames_conflated_total'))),
  },
});

const webhooks = lines({
  title: 'Webhooks, per minute',
  tells: 'Webhooks by what became of each attempt.',
  bad: 'anything but `answered`: `refused` is an error status, `slow` a timeout, `down` no connection, `circuit-open` and `queue-full` were never sent.',
  alerts: ['TabcastWebhookBreakerOpen'],
  unit: Short,
  queries: perMinuteBy('outcome', 'tabcast_webhooks_total'),
});

const application = lines({
  title: 'Waiting for the application',
  tells: 'Webhooks without an answer yet, and events that were dropped, per minute.',
  bad: 'a queue that grows. What is dropped the application never hears: it may believe that somebody is online who is not.',
  alerts: ['TabcastWebhookEventsDropped'],
  unit: Short,
  queries: {
    'waiting on {{instance}}': gateways('tabcast_webhook_queue'),
    'dropped per minute': sum(perMinute(gateways('tabcast_webhook_events_dropped_total'))),
  },
});

const misunderstood = lines({
  title: 'Not understood, per minute',
  tells:
    'Envelopes and orders of another version, malformed frames of tabs, and questions that a gateway did not answer in time.',
  bad: 'any but while two versions run side by side. Unanswered questions are a gateway that hangs; malformed frames are clients.',
  unit: Short,
  queries: {
    'unreadable envelopes': sum(perMinute(gateways('tabcast_unreadable_envelopes_total'))),
    '{{kind}} orders': sumBy(
      'kind',
      perMinute(gateways('tabcast_orders_total', 'kind=~"unknown|malformed"')),
    ),
    'malformed frames': sum(perMinute(gateways('tabcast_frames_received_total', 'kind="malformed"'))),
    'questions unanswered': sum(perMinute(gateways('tabcast_questions_total', 'outcome="incomplete"'))),
    'seats unsure': sum(perMinute(gateways('tabcast_seats_unsure_total'))),
  },
});

/** What goes wrong, and whose fault is it? */
export const errors: Row = {
  title: 'Errors',
  lines: [
    high(handshakes, tokens, sends),
    high(closes, limits, slow),
    high(webhooks, application, misunderstood),
  ],
};
