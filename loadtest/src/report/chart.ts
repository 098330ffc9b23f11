import { Latencies } from '../books/latency.js';
import type { Result, Series } from './result.js';

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** One for each `x`; null where there is none. */
  readonly values: readonly (number | null)[];
}

/** Values over the seconds of a run, or over percentiles: there `x` is 1 / (1 - p), as HdrHistogram plots it. */
export interface LineChart {
  readonly kind: 'time' | 'percentiles';
  readonly title: string;
  readonly unit: string;
  readonly x: readonly number[];
  readonly lines: readonly Line[];
}

/** Lying bars, one under the other, each with the range of the rounds. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly unit: string;
  readonly names: readonly string[];
  readonly values: readonly number[];
  readonly least: readonly number[];
  readonly most: readonly number[];
}

export type Chart = LineChart | BarChart;

/** Points of a curve over percentiles, for each time that 1 / (1 - p) doubles. */
const pointsPerDoubling = 4;

/** Beyond this nobody has an opinion: 99.9999 %. */
const highestPercentile = 1e6;

/** All charts of a result: its latencies over percentiles, and what it was over time, a chart for each unit. */
export function chartsOf({ histogram, series }: Result): LineChart[] {
  const curve = histogram === undefined ? undefined : percentileChart([{ name: 'latency', histogram }]);
  const units = [...new Set(series.map(({ unit }) => unit))];
  const overTime = units.map((unit) => timeChart(series.filter((one) => one.unit === unit)));
  return curve === undefined ? overTime : [curve, ...overTime];
}

/** Histograms as curves over percentiles, as far as their counts carry; undefined where nothing was recorded at all. */
export function percentileChart(
  histograms: readonly { readonly name: string; readonly histogram: string }[],
): LineChart | undefined {
  const recorded = histograms
    .map(({ name, histogram }) => ({ name, latencies: Latencies.decode(histogram) }))
    .filter(({ latencies }) => latencies.count > 0);
  if (recorded.length === 0) return undefined;
  const most = Math.min(highestPercentile, Math.max(...recorded.map(({ latencies }) => latencies.count)));
  const x = Array.from(
    { length: Math.floor(Math.log2(most) * pointsPerDoubling) + 1 },
    (_, index) => 2 ** (index / pointsPerDoubling),
  );
  const lines = recorded.map(({ name, latencies }) => ({
    name,
    values: x.map((inverse) =>
      inverse > latencies.count ? null : latencies.percentile(100 * (1 - 1 / inverse)),
    ),
  }));
  return { kind: 'percentiles', title: 'Latency by percentile', unit: 'ms', x, lines };
}

/** Series of one unit in one chart, at the times of all of them. */
function timeChart(series: readonly Series[]): LineChart {
  const x = [...new Set(series.flatMap(({ at }) => at))].sort((a, b) => a - b);
  const lines = series.map(({ name, at, values }) => {
    const byTime = new Map(at.map((time, index) => [time, values[index]!]));
    return { name, values: x.map((time) => byTime.get(time) ?? null) };
  });
  const names = series.map(({ name }) => name);
  return { kind: 'time', title: names.join(', '), unit: series[0]!.unit, x, lines };
}
