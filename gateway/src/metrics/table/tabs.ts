import type { Metric } from '../metric.js';

/** Tabs: how many there are, how they come, and why they go. */
export const tabMetrics: readonly Metric[] = [
  { name: 'tabcast_tabs', type: 'gauge', help: 'Tabs on this gateway.', read: (r) => r.tabs() },
  {
    name: 'tabcast_tabs_capacity',
    type: 'gauge',
    help: 'Tabs that this gateway may hold.',
    read: (r) => r.capacity(),
  },
  {
    name: 'tabcast_connections',
    type: 'gauge',
    help: 'Connections to the public port: of tabs, of which several may share one, and those that are none yet or never will be.',
    read: (r) => r.connections(),
  },
  {
    name: 'tabcast_tabs_capacity_ratio',
    type: 'gauge',
    help: 'Tabs on this gateway as a part of those that it may hold, from 0 to 1.',
    together: 'max',
    read: (r) => r.tabs() / r.capacity(),
  },
  {
    name: 'tabcast_channels',
    type: 'gauge',
    help: 'Channels with at least one tab on this gateway.',
    read: (r) => r.channels(),
  },
  {
    name: 'tabcast_tabs_opened_total',
    type: 'counter',
    help: 'Tabs that connected, by a handshake or on a shared socket.',
    read: (r) => r.counters.tabsOpened,
  },
  {
    name: 'tabcast_tabs_closed_total',
    type: 'counter',
    label: 'reason',
    help: 'Tabs that closed: by a close code of ours or of the application, by the client, idle, lost, or for breaking RFC 6455 (protocol).',
    read: (r) => r.counters.tabsClosed,
  },
  {
    name: 'tabcast_handshakes_total',
    type: 'counter',
    label: 'outcome',
    help: 'Handshakes: accepted; refused for the request, the origin, the token, keys that cannot be had (unavailable), by the backend, or for a limit; or aborted by the client while it waited.',
    read: (r) => r.counters.handshakes,
  },
  {
    name: 'tabcast_limits_hit_total',
    type: 'counter',
    label: 'limit',
    help: 'Times that something ran into a limit, in a dry run too.',
    read: (r) => r.counters.limitsHit,
  },
  {
    name: 'tabcast_seats_unsure_total',
    type: 'counter',
    help: 'Tabs that were let in although gateways did not answer in time how many tabs the user has.',
    read: (r) => r.counters.seatsUnsure,
  },
  {
    name: 'tabcast_tokens_total',
    type: 'counter',
    label: 'outcome',
    help: 'Tokens that were checked, at the handshake or in a frame.',
    read: (r) => r.counters.tokens,
  },
  {
    name: 'tabcast_token_cache_lookups_total',
    type: 'counter',
    label: 'outcome',
    help: 'Tokens of key pairs that were verified a moment ago, or are being verified for another tab (hit), and those that were not (miss).',
    read: (r) => r.counters.tokenCache,
  },
  {
    name: 'tabcast_drops_total',
    type: 'counter',
    help: 'Drops that uWebSockets reported for slow tabs. Each ends in a close with reason slow.',
    read: (r) => r.counters.drops,
  },
  {
    name: 'tabcast_tabs_behind',
    type: 'gauge',
    help: 'Tabs that have yet to read 16 KiB or more, or for which the latest frames are kept back.',
    read: (r) => r.tabsBehind(),
  },
  {
    name: 'tabcast_frames_conflated_total',
    type: 'counter',
    help: 'Frames that a tab that was behind never got, because a later one of the same action took their place.',
    read: (r) => r.counters.conflated,
  },
];
