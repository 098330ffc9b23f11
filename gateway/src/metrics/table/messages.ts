import type { Metric } from '../metric.js';

/** What is sent, and what arrives. */
export const messageMetrics: readonly Metric[] = [
  {
    name: 'tabcast_frames_received_total',
    type: 'counter',
    label: 'kind',
    help: 'Frames from clients.',
    read: (r) => r.counters.framesReceived,
  },
  {
    name: 'tabcast_sends_total',
    type: 'counter',
    label: 'outcome',
    help: 'Sends asked for over HTTP. Each item of a batch counts; a body that is refused counts once.',
    read: (r) => r.counters.sends,
  },
  {
    name: 'tabcast_publications_total',
    type: 'counter',
    label: 'kind',
    help: 'Publications that arrived from the broker, by kind of channel.',
    read: (r) => r.counters.publications,
  },
  {
    name: 'tabcast_deliveries_total',
    type: 'counter',
    help: 'Frames given to tabs by fan-out: one publication to 1,000 tabs is 1,000 deliveries.',
    read: (r) => r.counters.deliveries,
  },
  {
    name: 'tabcast_delivered_bytes_total',
    type: 'counter',
    help: 'Bytes of frames in deliveries, without WebSocket headers.',
    read: (r) => r.counters.deliveredBytes,
  },
  {
    name: 'tabcast_delivery_seconds',
    type: 'histogram',
    of: 'delivery',
    help: 'From taking a send, through the broker, to giving it to the tabs of this gateway. A sample: ten sends a second at most.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  {
    name: 'tabcast_unreadable_envelopes_total',
    type: 'counter',
    help: 'Envelopes of a version that this gateway does not know.',
    read: (r) => r.counters.unreadableEnvelopes,
  },
];
