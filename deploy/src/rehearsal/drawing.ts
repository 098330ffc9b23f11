import { chartsOf, type Line, type LineChart } from '@tabcast/loadtest/report/chart';
import { digits } from '@tabcast/loadtest/report/format';
import type { Result } from '@tabcast/loadtest/report/result';
import { colours, ink } from './tones.js';

/** A chart over time of the drawing: everything that a result has in one unit. */
export interface Panel {
  readonly unit: string;
  readonly title: string;
  /** Whether the values are laid on top of one another, so that they show their sum (false). */
  readonly stacked?: true;
}

/** Where a value is in the drawing. */
interface Scale {
  across(seconds: number): number;
  up(value: number): number;
}

const width = 800;
const plot = { left: 56, right: 24, top: 34, height: 130 } as const;
const panelHeight = plot.top + plot.height + 22;
const legendHeight = 26;

/** Charts of a result over time, one below the other with the same seconds, as an SVG that needs nothing else. */
export function drawing({ series }: Pick<Result, 'series'>, panels: readonly Panel[]): string {
  const charts = chartsOf({ series } as Result);
  const found = panels.map((panel) => ({
    ...panel,
    chart: charts.find(({ unit }) => unit === panel.unit)!,
  }));
  const seconds = Math.max(1, ...found.flatMap(({ chart }) => chart.x));
  const height = panelHeight * panels.length + legendHeight;
  const drawn = found.map((panel, index) => draw(panel, seconds, legendHeight + index * panelHeight));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>${panels.map(({ title }) => title).join('; ')}</title>
${legend(found.find(({ stacked }) => stacked)?.chart.lines ?? [])}
${drawn.join('\n')}
</svg>
`;
}

/** Of what is stacked: everywhere else there is one line. */
function legend(lines: readonly Line[]): string {
  const step = (width - plot.left - plot.right) / Math.max(lines.length, 6);
  const entries = lines.map(({ name }, index) => {
    const x = Math.round(plot.left + index * step);
    return `<rect x="${x}" y="5" width="12" height="10" fill="${colourOf(index)}"/>${text(x + 17, 14, name)}`;
  });
  return entries.join('\n');
}

function draw({ title, chart, stacked }: Panel & { chart: LineChart }, seconds: number, top: number): string {
  const { x, lines } = chart;
  const heights = stacked ? sums(lines) : lines;
  const most = ceiling(Math.max(0, ...heights.flatMap(({ values }) => values.map(numberOf))));
  const scale: Scale = {
    across: (at) => round(plot.left + (at / seconds) * (width - plot.left - plot.right)),
    up: (value) => round(plot.top + plot.height * (1 - value / most)),
  };
  const shapes = stacked ? areas(heights, x, scale) : lines.map((line) => curve(line, x, scale));
  const parts = [text(plot.left, 22, title, 'font-weight="600"'), ...shapes, ...axes(most, seconds, scale)];
  return `<g transform="translate(0 ${top})">\n${parts.join('\n')}\n</g>`;
}

function axes(most: number, seconds: number, { across, up }: Scale): string[] {
  const rules = [0, most / 2, most].map(
    (value) =>
      `<path d="M${plot.left} ${up(value)}H${width - plot.right}" stroke="${ink}" stroke-opacity="0.35"/>` +
      text(plot.left - 6, up(value) + 4, digits(value), 'text-anchor="end"'),
  );
  const below = plot.top + plot.height + 16;
  const times = ticksOf(seconds).map((at) => text(across(at), below, `${at} s`, 'text-anchor="middle"'));
  return [...rules, ...times];
}

/** Each line with all before it; where it has no value it is 0. */
function sums(lines: readonly Line[]): Line[] {
  let below: readonly number[] = [];
  return lines.map(({ name, values }) => {
    below = values.map((value, index) => numberOf(value) + (below[index] ?? 0));
    return { name, values: below };
  });
}

/** The uppermost first: each lies on what is above it. */
function areas(heights: readonly Line[], x: readonly number[], { across, up }: Scale): string[] {
  const shapes = heights.map(({ values }, index) => {
    const edge = values.map((value, at) => `${across(x[at]!)} ${up(numberOf(value))}`).join('L');
    return `<path d="M${across(x[0]!)} ${up(0)}L${edge}L${across(x.at(-1)!)} ${up(0)}Z" fill="${colourOf(index)}"/>`;
  });
  return shapes.reverse();
}

/** A line with gaps where there is no value. */
function curve({ values }: Line, x: readonly number[], { across, up }: Scale): string {
  const steps = values.map((value, index) => {
    if (value === null || Number.isNaN(value)) return '';
    const before = values[index - 1] ?? Number.NaN;
    return `${Number.isNaN(before) ? 'M' : 'L'}${across(x[index]!)} ${up(value)}`;
  });
  return `<path d="${steps.join('')}" fill="none" stroke="${ink}" stroke-width="2" stroke-linejoin="round"/>`;
}

function text(x: number, y: number, words: string, more = ''): string {
  return `<text x="${x}" y="${y}" fill="${ink}" ${more}>${words}</text>`;
}

/** The next number that is one of these digits and zeros; 1 for nothing. */
function ceiling(value: number, digits: readonly number[] = [1, 2, 4, 6, 8, 10]): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * digits.find((digit) => digit * power >= value)!;
}

/** Round seconds, some six of them. */
function ticksOf(seconds: number): number[] {
  const step = ceiling(seconds / 6, [1, 2, 5, 10]);
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

function colourOf(index: number): string {
  return colours[index % colours.length]!;
}

function numberOf(value: number | null): number {
  return value === null || Number.isNaN(value) ? 0 : value;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
