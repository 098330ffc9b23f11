import { Counters } from '../../../src/metrics/counters.js';
import type { Metric, Readings } from '../../../src/metrics/metric.js';
import { metricTable } from '../../../src/metrics/table.js';
import type { GatewayProcess } from '../gateway.js';

/** Values by series: `name`, or `name{label="value"}`. */
export type Page = ReadonlyMap<string, number>;

/** Everything on the metrics page of a gateway. */
export async function readPage(gateway: GatewayProcess): Promise<Page> {
  const text = await (await gateway.api('/metrics')).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** What a gateway reads that has counted this, and where everything else is zero. */
export function readingsOf(counters: Counters): Readings {
  const given = { counters, version: '' };
  return new Proxy(given, { get: (_, name) => Reflect.get(given, name) ?? (() => 0) }) as unknown as Readings;
}

const nothing = readingsOf(new Counters());

/** Every series of the table; of a histogram only the one that counts. */
export const knownSeries: readonly string[] = metricTable.flatMap(seriesOf);

function seriesOf(metric: Metric): string[] {
  if (metric.type === 'histogram') return [`${metric.name}_count`];
  const { name, label, read } = metric;
  if (label === undefined) return [name];
  return Object.keys(read(nothing)).map((value) => `${name}{${label}="${value}"}`);
}

export const closed = (reason: string) => `tabcast_tabs_closed_total{reason="${reason}"}`;
export const handshake = (outcome: string) => `tabcast_handshakes_total{outcome="${outcome}"}`;
export const limit = (name: string) => `tabcast_limits_hit_total{limit="${name}"}`;
export const token = (outcome: string) => `tabcast_tokens_total{outcome="${outcome}"}`;
export const cache = (outcome: string) => `tabcast_token_cache_lookups_total{outcome="${outcome}"}`;
export const frames = (kind: string) => `tabcast_frames_received_total{kind="${kind}"}`;
export const sends = (outcome: string) => `tabcast_sends_total{outcome="${outcome}"}`;
export const publications = (kind: string) => `tabcast_publications_total{kind="${kind}"}`;
export const catchUps = (outcome: string) => `tabcast_catch_ups_total{outcome="${outcome}"}`;
export const gaps = (kind: string) => `tabcast_gaps_total{kind="${kind}"}`;
export const resumes = (outcome: string) => `tabcast_resumes_total{outcome="${outcome}"}`;
export const entries = (reader: string) => `tabcast_history_entries_total{reader="${reader}"}`;
export const orders = (kind: string) => `tabcast_orders_total{kind="${kind}"}`;
export const questions = (outcome: string) => `tabcast_questions_total{outcome="${outcome}"}`;
export const beats = (outcome: string) => `tabcast_beats_total{outcome="${outcome}"}`;
export const webhooks = (outcome: string) => `tabcast_webhooks_total{outcome="${outcome}"}`;
