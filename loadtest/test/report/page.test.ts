import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparePage } from '../../src/report/comparison-page.js';
import { resultPage } from '../../src/report/page.js';
import { comparisonOf, histogramOf, resultOf, rowOf } from './results.js';

/** The data of the charts, as the page's own script reads it. */
function chartsIn(page: string): { kind: string; title: string; names?: string[]; values?: number[] }[] {
  const [, json] = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(json!);
}

function placesIn(page: string): number[] {
  return [...page.matchAll(/data-chart="(\d+)"/g)].map(([, number]) => Number(number));
}

describe('pages', () => {
  const result = resultOf({
    histogram: histogramOf(100),
    series: [{ name: 'rate', unit: 'per s', at: [0, 1], values: [1, 2] }],
  });
  const comparison = comparisonOf([rowOf('floor', 10), rowOf('tabcast', 11)]);

  for (const [name, page] of [
    ['of results', resultPage([result, result])],
    ['of a comparison', comparePage(comparison)],
  ] as const)
    test(`${name}: everything is in the file, and the browser is told to load nothing`, () => {
      assert.doesNotMatch(page, /<(?:script|img|link|iframe)[^>]+(?:src|href)=|@import \s*["']|url\(/);
      assert.match(page, /Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'/);
      assert.match(page, /var uPlot=/);
      assert.deepEqual(placesIn(page), [...chartsIn(page).keys()]);
    });

  test('a result shows its charts, its losses and its problems', () => {
    const page = resultPage([
      { ...result, losses: { lost: 2, doubled: 0, late: 0, stray: 0 }, problems: ['A loss.'] },
    ]);
    assert.deepEqual(
      chartsIn(page).map(({ title }) => title),
      ['Latency by percentile', 'rate'],
    );
    assert.match(page, /class="bad">2 lost</);
    assert.match(page, /<li>A loss\.<\/li>/);
    assert.match(page, /4\.21 µs/);
  });

  test('names cannot become markup, nor end the script of the data', () => {
    const evil = '</script><blink>&"';
    const series = [{ name: evil, unit: 's', at: [0], values: [1] }];
    const page = resultPage([{ ...result, target: evil, problems: [evil], series }]);
    assert.ok(!page.includes('<blink'));
    assert.equal(chartsIn(page).at(-1)!.title, evil);
  });

  test('a comparison charts every server that has a figure, and names the others with the reason', () => {
    const page = comparePage(
      comparisonOf([rowOf('floor', 10), rowOf('deaf', Number.NaN, { faults: 'lost 5' })], {
        missing: [{ peer: 'absent', reason: 'not installed' }],
        problems: ['One was deaf.'],
      }),
    );
    const [bars] = chartsIn(page);
    assert.deepEqual([bars!.names, bars!.values], [['floor'], [10]]);
    for (const part of ['<td>lost 5</td>', 'absent: not installed', 'One was deaf.', 'The deaf', '(9–11)'])
      assert.ok(page.includes(part), `${part} is not in the page`);
  });
});
