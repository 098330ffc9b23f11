import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Counters } from '../../src/metrics/counters.js';
import type { Metric } from '../../src/metrics/metric.js';
import { metricTable } from '../../src/metrics/table.js';
import { documents } from '../support/documents.js';
import { alone } from '../support/metrics/alone.js';
import { backendScenes } from '../support/metrics/backend.js';
import { clusterScenes } from '../support/metrics/cluster.js';
import { historyScenes } from '../support/metrics/history.js';
import { limitScenes } from '../support/metrics/limits.js';
import { knownSeries, readingsOf } from '../support/metrics/series.js';
import { slowScenes } from '../support/metrics/slow.js';

/** Series that no test moves by an event of its own, and why. */
const unmoved: Readonly<Record<string, string>> = {
  'tabcast_build_info{version=""}': 'never moves',
  tabcast_workers: 'takes workers: see cluster/workers.test.ts',
  tabcast_workers_expected: 'never moves: see faults/workers.test.ts',
  'tabcast_tabs_closed_total{reason="internal"}': 'takes a fault of ours, and we know of none',
};

/** How names end, see https://prometheus.io/docs/practices/naming/. */
const endings: Readonly<Record<Metric['type'], RegExp>> = {
  counter: /_total$/,
  gauge: /(?<!_total|_count|_sum|_bucket)$/,
  histogram: /_seconds$/,
};

describe('the table of metrics', () => {
  test('every series has an event that moves it', () => {
    const fast = [alone, ...limitScenes, ...backendScenes, ...clusterScenes, ...historyScenes];
    const scenes = [...fast, ...slowScenes];
    const moved = new Set(scenes.flatMap(({ series }) => series));
    const expected = knownSeries.filter((series) => !(series in unmoved));
    assert.deepEqual([...moved].toSorted(), expected.toSorted());
    for (const series of Object.keys(unmoved)) assert.ok(knownSeries.includes(series), series);
  });

  test('everything that is counted is in it', () => {
    const { counters, numbers } = numbered();
    const read = new Set(metricTable.flatMap((metric) => valuesOf(metric, counters)));
    assert.deepEqual(
      [...numbers].filter(([number]) => !read.has(number)).map(([, name]) => name),
      [],
    );
  });

  for (const { name, type, help, ...metric } of metricTable)
    test(name, () => {
      assert.match(name, /^tabcast_[a-z]+(_[a-z]+)*$/);
      assert.match(name, endings[type]);
      assert.match(help, /^[A-Z1].*\.$/);
      if (!('buckets' in metric)) return;
      const { buckets } = metric;
      assert.deepEqual(
        buckets,
        [...new Set(buckets)].toSorted((a, b) => a - b),
      );
    });

  test('documents select only what exists', () => {
    const known = new Set(knownSeries);
    const selected = documents.flatMap(({ text }) => [
      ...text.matchAll(/(tabcast_\w+)\{(\w+)(?:=|!=|=~|!~)"([^"…]+)"\}/g),
    ]);
    assert.ok(selected.length > 5);
    for (const [selector, name, label, values] of selected)
      for (const value of values!.split(/\\?\|/))
        assert.ok(known.has(`${name}{${label}="${value}"}`), selector);
  });

  test('no name twice, and every value of a label a word', () => {
    assert.equal(new Set(knownSeries).size, knownSeries.length);
    for (const series of knownSeries)
      assert.match(series, /^\w+(\{(version=""|[a-z]+="[a-z]+(-[a-z]+)*")\})?$/);
  });
});

/** Counters of which no two have the same number, and what is counted by each. */
function numbered(): { counters: Counters; numbers: Map<number, string> } {
  const counters = new Counters();
  const numbers = new Map<number, string>();
  const number = (holder: object) => {
    for (const [name, value] of Object.entries(holder)) {
      if (typeof value === 'object') number(value);
      else Object.assign(holder, { [name]: numbers.set(numbers.size + 1000, name).size + 999 });
    }
  };
  number(counters);
  return { counters, numbers };
}

function valuesOf(metric: Metric, counters: Counters): number[] {
  if (metric.type === 'histogram') return [];
  const value = metric.read(readingsOf(counters));
  return typeof value === 'number' ? [value] : Object.values(value);
}
