import type { Metric } from '../metric.js';

/** What was missed, and what became of it. */
export const historyMetrics: readonly Metric[] = [
  {
    name: 'tabcast_catch_ups_total',
    type: 'counter',
    label: 'outcome',
    help: 'Readings of history by which this gateway caught up with a channel: what it had missed was delivered (filled), or was in part not there any more (lost); or that failed, and are repeated. Those that find nothing new do not count.',
    read: (r) => r.counters.catchUps,
  },
  {
    name: 'tabcast_gaps_total',
    type: 'counter',
    label: 'kind',
    help: 'Times that tabs of a channel were told by sys/gap that something is lost, by kind of channel: all that are here at once, or one that was resuming.',
    read: (r) => r.counters.gaps,
  },
  {
    name: 'tabcast_resumes_total',
    type: 'counter',
    label: 'outcome',
    help: 'Channels that tabs resumed, each on its own: all that the tab had missed could be read (recovered), or not (lost), which it is told.',
    read: (r) => r.counters.resumes,
  },
  {
    name: 'tabcast_history_entries_total',
    type: 'counter',
    label: 'reader',
    help: 'Entries of history that were delivered because they had been missed: by this gateway, each once for all its tabs, or by a tab that resumed.',
    read: (r) => r.counters.historyEntries,
  },
];
