import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { lines } from '../kinds.js';
import { gateways, perMinuteBy, rate, sum, sumBy } from '../query.js';
import { high, type Row } from '../row.js';

const catchUps = lines({
  title: 'Catch-ups per minute',
  tells: 'Readings of history by which gateways caught up with what they had missed.',
  bad: '`lost`, which tabs are told; `failed`, which is tried again. `filled` nobody notices, but without a reconnect it is a network that loses.',
  alerts: ['TabcastCatchUpsFailing'],
  unit: Short,
  queries: perMinuteBy('outcome', 'tabcast_catch_ups_total'),
});

const gaps = lines({
  title: 'Gaps told to tabs, per minute',
  tells: 'Times that tabs were told that something is lost, by kind of channel; they load their data anew.',
  bad: 'any, but after a failover of Redis. Otherwise histories of that kind are too small, or Redis evicts.',
  alerts: ['TabcastGaps'],
  unit: Short,
  queries: perMinuteBy('kind', 'tabcast_gaps_total'),
});

const resumes = lines({
  title: 'Resumed channels per minute',
  tells:
    'Channels of tabs that came back: what they had missed was delivered (recovered), or is not there any more (lost).',
  bad: 'many `lost`: larger histories make them fewer.',
  unit: Short,
  queries: perMinuteBy('outcome', 'tabcast_resumes_total'),
});

const entries = lines({
  title: 'Delivered from history, per second',
  tells:
    'Frames that were delivered late: to a tab that came back, or by a gateway that caught up, once for all its tabs.',
  bad: 'high without a storm of reconnects: connections do not last.',
  unit: Short,
  queries: { 'for a {{reader}}': sumBy('reader', rate(gateways('tabcast_history_entries_total'))) },
});

const lostResumes = sum(rate(gateways('tabcast_resumes_total', 'outcome="lost"')));
const lostPart = lines({
  title: 'Resumes that came too late',
  tells: 'The part of resumed channels whose history did not reach back far enough.',
  bad: 'above a few percent: tabs come back later than `history-…-age`, or after more than `history-…-size` sends.',
  alerts: ['TabcastResumesLost'],
  unit: PercentUnit,
  queries: { lost: `${lostResumes} / ${sum(rate(gateways('tabcast_resumes_total')))}` },
  max: 1,
});

/** What was missed, and what became of it? */
export const history: Row = {
  title: 'History and resume',
  lines: [high(catchUps, gaps), high(resumes, lostPart, entries)],
};
