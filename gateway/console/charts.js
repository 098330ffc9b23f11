/**
 * @import { NodesAnswer } from '../src/http/nodes.js'
 * @import { TrendsAnswer } from '../src/http/trends.js'
 * @import { Figure, Lines } from './lines.js'
 */
import { byId, make, setText } from './elements.js';
import { bytes, clock, count, milliseconds, rate } from './format.js';
import { lastOf, linesOf } from './lines.js';
import uPlot from './uplot.js';

/** Of the plot without its heading, in px. */
const height = 100;

/**
 * @typedef {object} Shown
 * @property {Figure} figure
 * @property {string} title
 * @property {'sum' | 'highest'} together what the large number is; the highest has no line besides the gateways'
 * @property {string} [unit] behind the title
 * @property {(nodes: NodesAnswer) => number} [present] what it is now; absent where only the last interval says it
 * @property {(value: number) => string} text
 * @property {number} least the scale reaches up to this at least
 * @property {uPlot.Series.PathBuilder | undefined} [bars] instead of all lines
 */

/** @type {readonly Shown[]} */
const shown = [
  {
    ...{ figure: 'tabs', title: 'Tabs', together: 'sum', text: count, least: 10 },
    present: ({ totals }) => totals.tabs,
  },
  {
    ...{ figure: 'deliveriesPerSecond', title: 'Deliveries/s', together: 'sum', text: rate, least: 10 },
    present: ({ totals }) => totals.deliveriesPerSecond,
  },
  {
    ...{ figure: 'framesPerSecond', title: 'Frames in/s', together: 'sum', text: rate, least: 10 },
    present: ({ totals }) => totals.framesPerSecond,
  },
  {
    ...{ figure: 'lag', title: 'Lag', unit: 'worst', together: 'highest', text: milliseconds, least: 10 },
    present: ({ gateways }) => Math.max(...gateways.map(({ lag }) => lag)),
  },
  {
    ...{ figure: 'memory', title: 'Memory', unit: 'largest', together: 'highest', text: bytes, least: 100e6 },
    present: ({ gateways }) => Math.max(...gateways.map(({ memory }) => memory)),
  },
  {
    ...{ figure: 'closes', title: 'Tabs closed', unit: 'in 5 s', together: 'sum', text: count, least: 5 },
    bars: uPlot.paths.bars?.({ size: [0.8, 8] }),
  },
];

/** The line of the whole cluster. */
const whole = { stroke: ink('text'), fill: ink('shade'), width: 1.25 };

/** The small charts of the last 15 minutes, with one cursor through all of them. */
export class Charts {
  #charts;

  /** @param {(id: string) => number | undefined} colourOf */
  constructor(colourOf) {
    const place = byId('charts', HTMLElement);
    this.#charts = shown.map((each) => new Chart(each, colourOf));
    place.replaceChildren(...this.#charts.map(({ element }) => element));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const chart of this.#charts) chart.repaint();
    });
  }

  /** @param {TrendsAnswer} trends */
  show(trends) {
    for (const chart of this.#charts) chart.show(trends);
  }

  /** Says what is now, which trends tell later. @param {NodesAnswer} nodes */
  showPresent(nodes) {
    for (const chart of this.#charts) chart.showPresent(nodes);
  }
}

class Chart {
  element;
  #shown;
  #colourOf;
  #value = make('output');
  #plotted = make('div', { class: 'plot', role: 'img' });
  /** @type {uPlot | undefined} */
  #plot;
  /** Which lines the plot was made for. */
  #drawn = '';
  /** @type {Lines | undefined} */
  #lines;
  /** @type {number | undefined} */
  #present;

  /**
   * @param {Shown} shown
   * @param {(id: string) => number | undefined} colourOf
   */
  constructor(shown, colourOf) {
    this.#shown = shown;
    this.#colourOf = colourOf;
    const { title, unit = '' } = shown;
    const heading = make('h3', {}, title, ' ', make('small', {}, unit));
    this.element = make('figure', {}, make('figcaption', {}, heading, this.#value), this.#plotted);
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#plotted);
  }

  /** @param {TrendsAnswer} trends */
  show(trends) {
    const { figure, together } = this.#shown;
    const lines = linesOf(trends, figure, together);
    this.#lines = lines;
    const data = /** @type {uPlot.AlignedData} */ (
      /** @type {unknown} */ ([lines.times, lines.together, ...lines.gateways.map(({ values }) => values)])
    );
    const drawn = lines.gateways.map(({ id }) => `${id} ${this.#colourOf(id)}`).join();
    if (this.#plot !== undefined && drawn === this.#drawn) this.#plot.setData(data);
    else this.#make(lines, data);
    this.#drawn = drawn;
    this.#say();
  }

  /** @param {NodesAnswer} nodes */
  showPresent(nodes) {
    this.#present = nodes.gateways.length === 0 ? undefined : this.#shown.present?.(nodes);
    this.#say();
  }

  /** The colours have changed. */
  repaint() {
    this.#plot?.redraw(true, true);
  }

  /**
   * @param {Lines} lines
   * @param {uPlot.AlignedData} data
   */
  #make(lines, data) {
    this.#plot?.destroy();
    const { bars, least, together } = this.#shown;
    const cluster = together === 'sum' ? { ...whole, ...(bars && { paths: bars }) } : { show: false };
    const gateways = lines.gateways.map(({ id }) => ({
      stroke: ink(`line-${this.#colourOf(id) ?? 'none'}`),
      width: 1,
      show: bars === undefined,
    }));
    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [10, 16, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: 'console' }, y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: { y: { range: (_, __, most) => [0, Math.max((most ?? 0) * 1.1, least)] } },
        axes: this.#axes(),
        series: [{}, ...[cluster, ...gateways].map((line) => ({ points: { show: false }, ...line }))],
        hooks: { setCursor: [() => this.#say()] },
      },
      data,
      this.#plotted,
    );
  }

  /** @returns {uPlot.Axis[]} */
  #axes() {
    const common = {
      stroke: ink('muted'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: ink('line'), width: 1 },
      ticks: { show: false },
    };
    const { text } = this.#shown;
    return [
      {
        ...common,
        size: 24,
        gap: 6,
        space: 60,
        values: (_, times) => times.map((s) => clock(s * 1000).slice(0, 5)),
      },
      {
        ...common,
        size: 52,
        gap: 4,
        space: 26,
        values: (_, values) => values.map((value) => text(value).replace('.0', '')),
      },
    ];
  }

  #size() {
    return { width: Math.max(this.#plotted.clientWidth, 50), height };
  }

  /** The value under the cursor, or else the present one. */
  #say() {
    if (this.#lines === undefined) return;
    const { together, times } = this.#lines;
    const { title, text } = this.#shown;
    const index = this.#plot?.cursor.idx ?? undefined;
    const value = index === undefined ? (this.#present ?? lastOf(together)) : together[index];
    setText(this.#value, value === null || value === undefined ? '–' : text(value));
    const time = index === undefined ? undefined : times[index];
    setText(byId('trends-time', HTMLElement), time === undefined ? '' : `at ${clock(time * 1000)}`);
    const known = together.filter((each) => each !== null);
    if (known.length > 0)
      this.#plotted.ariaLabel = `${title}: between ${text(Math.min(...known))} and ${text(Math.max(...known))} in the last 15 minutes`;
  }
}

/** A colour of the style sheet, as it is when something is drawn. @param {string} name */
function ink(name) {
  return () => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
