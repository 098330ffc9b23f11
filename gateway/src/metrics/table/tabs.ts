import type { Metric } from '../metric.js';

/** Tabs: how many there are, how they come, and why they go. */
export const tabMetrics: readonly Metric[] = [
  { name: 'tabcast_tabs', type: 'gauge', help: 'Tabs on this gateway.', read: (r) => r.tabs() },
  {
    name: 'tabcast_channels',
    type: 'gauge',
    help: 'Channels with at least one tab on this gateway.',
    read: (r) => r.channels(),
  },
  {
    name: 'tabcast_tabs_opened_total',
    type: 'counter',
    help: 'Connections that completed the handshake.',
    read: (r) => r.counters.tabsOpened,
  },
  {
    name: 'tabcast_tabs_closed_total',
    type: 'counter',
    label: 'reason',
    help: 'Connections that closed: by a close code of ours, by the client, idle, lost, or for breaking RFC 6455.',
    read: (r) => r.counters.tabsClosed,
  },
  {
    name: 'tabcast_handshakes_total',
    type: 'counter',
    label: 'outcome',
    help: 'Handshakes: accepted, or refused for the request, the origin, the token, or unavailable keys.',
    read: (r) => r.counters.handshakes,
  },
  {
    name: 'tabcast_tokens_total',
    type: 'counter',
    label: 'outcome',
    help: 'Tokens that were checked, at the handshake or in a frame.',
    read: (r) => r.counters.tokens,
  },
  {
    name: 'tabcast_drops_total',
    type: 'counter',
    help: 'Drops that uWebSockets reported for slow tabs. Each ends in a close with reason slow.',
    read: (r) => r.counters.drops,
  },
];
