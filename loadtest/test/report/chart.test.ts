import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chartsOf, percentileChart } from '../../src/report/chart.js';
import { histogramOf, resultOf } from './results.js';

describe('charts of a result', () => {
  test('the curve of percentiles goes as far as there were messages', () => {
    const chart = percentileChart([
      { name: 'many', histogram: histogramOf(1000) },
      { name: 'few', histogram: histogramOf(10) },
    ]);
    const [many, few] = chart!.lines.map(({ values }) => values);
    const median = chart!.x.indexOf(2);
    assert.ok(Math.abs(many![median]! - 500) < 2, `the median of 1 to 1000 is ${many![median]}`);
    assert.ok(chart!.x.at(-1)! > 500 && chart!.x.at(-1)! <= 1000);
    assert.ok(chart!.x.every((inverse, index) => (few![index] === null) === inverse > 10));
  });

  test('there is none where no message came', () => {
    assert.equal(percentileChart([{ name: 'none', histogram: histogramOf(0) }]), undefined);
    assert.deepEqual(chartsOf(resultOf({ histogram: histogramOf(0) })), []);
  });

  test('series of one unit share a chart, each at its own times', () => {
    const series = [
      { name: 'a', unit: '%', at: [0, 1], values: [5, 6] },
      { name: 'b', unit: '%', at: [1, 2], values: [7, 8] },
      { name: 'rate', unit: 'per s', at: [0], values: [9] },
    ];
    const [shares, rate] = chartsOf(resultOf({ series }));
    assert.deepEqual(shares!.x, [0, 1, 2]);
    assert.deepEqual(
      shares!.lines.map(({ values }) => values),
      [
        [5, 6, null],
        [null, 7, 8],
      ],
    );
    assert.equal(rate!.unit, 'per s');
  });
});
