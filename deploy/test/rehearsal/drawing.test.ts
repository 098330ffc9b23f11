import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawing } from '../../src/rehearsal/drawing.js';
import { colours, ink } from '../../src/rehearsal/tones.js';

const series = [
  { name: 'gateway 1', unit: 'tabs', at: [0, 1, 2], values: [100, 50, 0] },
  { name: 'gateway 2', unit: 'tabs', at: [1, 2, 3], values: [50, 100, 100] },
  { name: 'handshakes', unit: 'handshakes/s', at: [1, 2, 3], values: [0, 40, Number.NaN] },
];
const panels = [
  { unit: 'tabs', title: 'Tabs', stacked: true },
  { unit: 'handshakes/s', title: 'Handshakes' },
] as const;

describe('the drawing', () => {
  const svg = drawing({ series }, panels);

  test('has a title for each panel, a legend, and a shape for each series', () => {
    for (const words of ['Tabs', 'Handshakes', 'gateway 1', 'gateway 2'])
      assert.ok(svg.includes(`>${words}</text>`), words);
    assert.equal(svg.match(/Z" fill="#/g)?.length, 2);
    assert.equal(svg.match(/stroke-width="2"/g)?.length, 1);
  });

  test('lays what is stacked on top of one another', () => {
    // 100 tabs in all at every moment: the upper edge of the second is level, and at the top.
    const upper = new RegExp(`M56 164(L[^"]*)Z" fill="${colours[1]}"`).exec(svg)?.[1];
    assert.equal(upper, 'L56 34L296 34L536 34L776 34L776 164');
  });

  test('leaves out what is not known', () => {
    assert.doesNotMatch(svg, /NaN|undefined|null/);
  });

  test('loads nothing from anywhere', () => {
    assert.doesNotMatch(svg.replace('xmlns="http://www.w3.org/2000/svg"', ''), /http|url\(|<script|<image/);
  });

  /** WCAG 2.2, 1.4.11: shapes need a contrast of 3 to 1. */
  for (const tone of [ink, ...colours])
    test(`${tone} can be told from white and from the dark page of GitHub`, () => {
      for (const page of ['#ffffff', '#0d1117'])
        assert.ok(contrast(tone, page) >= 3, `${contrast(tone, page)}`);
    });
});

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
