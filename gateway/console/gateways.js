/**
 * @import { NodeAnswer } from '../src/http/nodes.js'
 * @import { Row } from './rows.js'
 */
import { make, makeButton, setText } from './elements.js';
import { bytes, count, duration, milliseconds, rate } from './format.js';

/** From here on a figure deserves a look, and from there on it hurts. Lag in ms: handshakes are refused at 200. */
const limits = { share: [0.8, 0.95], lag: [50, 200], beatAge: [4000, 6000] };

/** What a gateway is said to be. */
const states = { new: 'new', left: 'has left', lost: 'lost' };

/**
 * The columns between state and orders. `level` says how bad a figure is: 0 not at all, 2 most.
 * @type {readonly { label: string, text(node: NodeAnswer, now: number): string, level?(node: NodeAnswer): number }[]}
 */
const columns = [
  { label: 'tabs', text: ({ tabs }) => count(tabs) },
  {
    label: 'of capacity',
    text: (node) => `${Math.round(shareOf(node) * 100)} %`,
    level: (node) => levelOf(shareOf(node), limits.share),
  },
  { label: 'users', text: ({ users }) => count(users) },
  { label: 'frames in/s', text: ({ framesPerSecond }) => rate(framesPerSecond) },
  { label: 'deliveries/s', text: ({ deliveriesPerSecond }) => rate(deliveriesPerSecond) },
  { label: 'lag', text: ({ lag }) => milliseconds(lag), level: ({ lag }) => levelOf(lag, limits.lag) },
  { label: 'memory', text: ({ memory }) => bytes(memory) },
  { label: 'up', text: ({ started }, now) => duration(now - started) },
  {
    label: 'last beat',
    text: ({ beatAge }) => duration(beatAge),
    level: ({ beatAge }) => levelOf(beatAge, limits.beatAge),
  },
];

/** The table of gateways. Rows stay the elements that they are, so that nobody's focus is lost. */
export class GatewayTable {
  #body;
  #drain;
  /** @type {Map<string, GatewayRow>} */
  #rows = new Map();

  /**
   * @param {HTMLTableElement} table
   * @param {(node: NodeAnswer) => void} drain
   */
  constructor(table, drain) {
    this.#body = /** @type {HTMLTableSectionElement} */ (table.tBodies[0]);
    this.#drain = drain;
  }

  /**
   * @param {readonly Row[]} rows
   * @param {number} now
   * @param {(id: string) => number | undefined} colourOf
   */
  show(rows, now, colourOf) {
    const shown = new Set(rows.map(({ node }) => node.id));
    for (const [id, { element }] of this.#rows) {
      if (shown.has(id)) continue;
      element.remove();
      this.#rows.delete(id);
    }
    for (const [index, row] of rows.entries()) {
      const { id } = row.node;
      const shownRow = this.#rows.get(id) ?? new GatewayRow(id, this.#drain);
      this.#rows.set(id, shownRow);
      shownRow.show(row, now, colourOf(id));
      const there = this.#body.rows[index];
      if (there !== shownRow.element) this.#body.insertBefore(shownRow.element, there ?? null);
    }
  }
}

class GatewayRow {
  element;
  #swatch = make('i', { class: 'swatch', 'aria-hidden': 'true' });
  #self = make('small', { class: 'self', title: 'This gateway serves this page' });
  #state = make('span', { class: 'state' });
  #figures = columns.map(({ label }) => make('td', { class: 'number', 'data-label': label }));
  #version = make('td', { class: 'version', 'data-label': 'version' });
  #button;
  /** @type {NodeAnswer | undefined} */
  #node;

  /**
   * @param {string} id
   * @param {(node: NodeAnswer) => void} drain
   */
  constructor(id, drain) {
    this.#button = makeButton('Drain…', () => this.#node && drain(this.#node), {
      'aria-label': `Drain gateway ${id}`,
    });
    const name = make('th', { scope: 'row' }, this.#swatch, make('code', {}, id), this.#self);
    const state = make('td', { class: 'state-cell' }, this.#state);
    const orders = make('td', { class: 'orders' }, this.#button);
    this.element = make('tr', { 'data-gateway': id });
    this.element.append(name, state, ...this.#figures, this.#version, orders);
  }

  /**
   * @param {Row} row
   * @param {number} now
   * @param {number | undefined} colour
   */
  show({ node, mark }, now, colour) {
    const gone = mark === 'left' || mark === 'lost';
    this.#node = node;
    this.element.classList.toggle('gone', gone);
    this.#swatch.dataset['colour'] = String(colour ?? 'none');
    setText(this.#self, node.self ? 'here' : '');
    setText(this.#state, stateOf(node, mark));
    this.#state.dataset['state'] = gone ? mark : node.state === 'ready' ? (mark ?? 'ready') : node.state;
    for (const [index, { text, level }] of columns.entries()) {
      const cell = /** @type {HTMLTableCellElement} */ (this.#figures[index]);
      setText(cell, text(node, now));
      cell.dataset['level'] = gone ? '0' : String(level?.(node) ?? 0);
    }
    setText(this.#version, node.version);
    this.#button.hidden = gone;
    this.#button.disabled = node.state === 'draining';
  }
}

/**
 * @param {NodeAnswer} node
 * @param {Row['mark']} mark
 */
function stateOf({ state }, mark) {
  if (mark === undefined) return state;
  return mark === 'new' && state === 'draining' ? state : mark === 'new' ? `${state}, new` : states[mark];
}

/** @param {NodeAnswer} node */
function shareOf({ tabs, capacity }) {
  return capacity === 0 ? 1 : tabs / capacity;
}

/**
 * @param {number} figure
 * @param {readonly number[]} steps
 */
function levelOf(figure, steps) {
  return steps.filter((step) => figure >= step).length;
}
