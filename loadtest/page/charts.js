// Draws the charts of a report. It stands in the page itself, behind the script of uPlot, so it imports nothing.

/**
 * @import { BarChart, Chart, LineChart } from '../src/report/chart.js'
 */

/** Of a chart of lines, in px. */
const height = 220;

/** Of one lying bar with the space around it, in px. */
const barHeight = 30;

/** @type {readonly Chart[]} */
const charts = JSON.parse(/** @type {HTMLElement} */ (document.getElementById('charts')).textContent ?? '[]');

/** @type {uPlot[]} */
let plots = [];

/** Draws all charts anew: the colours of a canvas do not follow the page's. */
function draw() {
  for (const plot of plots) plot.destroy();
  plots = [...document.querySelectorAll('[data-chart]')].map((place) => {
    const chart = /** @type {Chart} */ (charts[Number(place.getAttribute('data-chart'))]);
    const options = chart.kind === 'bars' ? barOptions(chart) : lineOptions(chart);
    const data =
      chart.kind === 'bars' ? barData(chart) : [chart.x, ...chart.lines.map(({ values }) => values)];
    const size = { width: place.clientWidth, height: options.height };
    return new uPlot(
      { ...options, ...size },
      /** @type {uPlot.AlignedData} */ (data),
      /** @type {HTMLElement} */ (place),
    );
  });
}

/**
 * @param {LineChart} chart
 * @returns {uPlot.Options}
 */
function lineOptions({ kind, unit, x, lines }) {
  const overTime = kind === 'time';
  const least = lines.flatMap(({ values }) => values).every((value) => value === null || value >= 0)
    ? 0
    : null;
  return {
    width: 0,
    height,
    padding: [4, 24, 0, 0],
    scales: {
      x: overTime ? { time: false } : { time: false, distr: 3, range: [1, x.at(-1) ?? 10] },
      y: { range: (_plot, low, high) => [least ?? low, high > 0 ? high * 1.1 : 1] },
    },
    cursor: { drag: { x: overTime, y: false } },
    axes: [
      overTime
        ? { ...axis(), values: (_plot, splits) => splits.map((split) => `${split} s`) }
        : {
            ...axis(),
            splits: () => tenfold(x.at(-1) ?? 10),
            values: (_plot, splits) => splits.map(percentText),
          },
      { ...axis(), size: 64, values: (_plot, splits) => splits.map((split) => number(split)) },
    ],
    series: [
      { label: overTime ? 'at' : 'percentile', value: (_plot, x) => xText(x, overTime) },
      ...lines.map(({ name }, index) => ({
        label: unit === '' ? name : `${name}, ${unit}`,
        stroke: ink(`line-${index % 6}`),
        width: 1.5,
        spanGaps: false,
        points: { show: false },
        value: (/** @type {uPlot} */ _plot, /** @type {number | null} */ value) =>
          value === null ? '–' : number(value),
      })),
    ],
  };
}

/**
 * @param {number | null} x
 * @param {boolean} overTime
 */
function xText(x, overTime) {
  if (x === null) return '–';
  return overTime ? `${number(x)} s` : percentText(x);
}

/**
 * @param {BarChart} chart
 * @returns {uPlot.Options}
 */
function barOptions(chart) {
  const { names, most } = chart;
  return {
    width: 0,
    height: names.length * barHeight + 40,
    legend: { show: false },
    cursor: { show: false },
    padding: [4, 16, 0, 0],
    scales: {
      x: { time: false, ori: 1, dir: -1, range: [-0.5, names.length - 0.5] },
      y: { ori: 0, dir: 1, range: [0, Math.max(...most, 0.001) * 1.15] },
    },
    axes: [
      {
        ...axis(),
        side: 3,
        size: nameWidth(names),
        grid: { show: false },
        ticks: { show: false },
        splits: () => names.map((_, index) => index),
        values: (_plot, splits) => splits.map((index) => names[index] ?? ''),
      },
      {
        ...axis(),
        side: 2,
        space: 60,
        values: (_plot, splits) => splits.map((split) => number(split)),
      },
    ],
    series: [
      {},
      {
        fill: ink('line-0'),
        stroke: ink('line-0'),
        paths: /** @type {uPlot.Series.BarsPathBuilderFactory} */ (uPlot.paths.bars)({ size: [0.6, 22] }),
        points: { show: false },
      },
    ],
    hooks: { draw: [(plot) => drawRanges(plot, chart)] },
  };
}

/** @param {BarChart} chart */
function barData({ names, values }) {
  return [names.map((_, index) => index), values];
}

/**
 * The smallest and the largest of the rounds as a thin line through the end of each bar.
 * @param {uPlot} plot
 * @param {BarChart} chart
 */
function drawRanges({ ctx, valToPos }, { least, most }) {
  ctx.save();
  ctx.strokeStyle = ink('text');
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const [index, low] of least.entries()) {
    const y = valToPos(index, 'x', true);
    const [from, to] = [valToPos(low, 'y', true), valToPos(/** @type {number} */ (most[index]), 'y', true)];
    const half = 4 * devicePixelRatio;
    ctx.moveTo(from, y);
    ctx.lineTo(to, y);
    for (const end of [from, to]) {
      ctx.moveTo(end, y - half);
      ctx.lineTo(end, y + half);
    }
  }
  ctx.stroke();
  ctx.restore();
}

/** @returns {uPlot.Axis} */
function axis() {
  const line = { stroke: ink('line'), width: 1 };
  return { stroke: ink('muted'), font: font(), grid: line, ticks: line };
}

/** @param {readonly string[]} names */
function nameWidth(names) {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
  context.font = font();
  return Math.ceil(Math.max(0, ...names.map((name) => context.measureText(name).width))) + 16;
}

function font() {
  return '12px system-ui, sans-serif';
}

/**
 * The powers of ten up to a number: 0 %, 90 %, 99 % and so on.
 * @param {number} most
 */
function tenfold(most) {
  return Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, exponent) => 10 ** exponent);
}

/** @param {number} inverse 1 / (1 - p) */
function percentText(inverse) {
  return `${Number((100 - 100 / inverse).toFixed(4))} %`;
}

/** @param {number} value */
function number(value) {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** @param {string} name of a colour of the page */
function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
let width = innerWidth;
addEventListener('resize', () => {
  // A phone fires this as its address bar comes and goes.
  if (innerWidth === width) return;
  width = innerWidth;
  draw();
});
