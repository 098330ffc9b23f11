/**
 * @import { Connection, UserPresence } from '../src/cluster/presence.js'
 * @import { Api } from './api.js'
 */
import { confirm } from './confirm.js';
import { byId, make, makeButton } from './elements.js';
import { clock, counted, duration } from './format.js';

/** Until tabs that were told to close have done so, in ms. */
const closingTime = 700;

/** Looks a user up, and disconnects tabs of it. */
export class UserDesk {
  #api;
  #failed;
  #result = byId('user-result', HTMLElement);
  #found = byId('user-found', HTMLElement);
  #lookUps = 0;

  /**
   * @param {() => Api} api
   * @param {(error: unknown) => string} failed says what went wrong
   */
  constructor(api, failed) {
    this.#api = api;
    this.#failed = failed;
    byId('user-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#lookUp(byId('user', HTMLInputElement).value);
    });
  }

  /** Forgets what was looked up. */
  clear() {
    this.#lookUps++;
    this.#result.textContent = '';
    this.#found.replaceChildren();
  }

  /**
   * @param {string} user
   * @param {string} [before] what is to be said before the rest
   */
  async #lookUp(user, before = '') {
    const number = ++this.#lookUps;
    try {
      const presence = await this.#api().user(user);
      // A later question, whose answer came first, counts.
      if (number !== this.#lookUps) return;
      this.#result.textContent = before;
      this.#found.replaceChildren(...this.#describe(presence));
    } catch (error) {
      if (number !== this.#lookUps) return;
      this.#result.textContent = this.#failed(error);
      this.#found.replaceChildren();
    }
  }

  /** @param {UserPresence} presence */
  #describe(presence) {
    const { user, online, tabs, gateways, groups, sessions } = presence;
    const state = make(
      'span',
      { class: 'state', 'data-state': online ? 'ready' : 'left' },
      online ? 'online' : 'offline',
    );
    const title = make('p', { class: 'found' }, make('b', {}, user), ' ', state, `, ${summaryOf(presence)}`);
    if (!online) return [title];
    const facts = make(
      'dl',
      {},
      ...factOf('Gateways', gateways),
      ...factOf('Groups', groups),
      ...factOf('Logins', sessions),
    );
    const whole = makeButton(
      'Disconnect all tabs…',
      () => void this.#disconnect(user, { user }, counted(tabs, 'tab')),
      {
        class: 'danger',
      },
    );
    return [title, facts, this.#table(presence), whole];
  }

  /** @param {UserPresence} presence */
  #table({ user, connections }) {
    const headings = ['Tab', 'Login', 'Since', ''].map((text) => make('th', { scope: 'col' }, text));
    const rows = connections.map((connection) => this.#row(user, connection));
    const table = make('table', { class: 'connections' }, make('thead', {}, make('tr', {}, ...headings)));
    table.append(make('tbody', {}, ...rows));
    return make('div', { class: 'scroll' }, table);
  }

  /**
   * @param {string} user
   * @param {Connection} tab
   */
  #row(user, { connection, session, groups, since }) {
    const button = makeButton(
      'Close…',
      () => void this.#disconnect(user, { connection }, `tab ${connection}`),
      {
        'aria-label': `Close tab ${connection}`,
      },
    );
    return make(
      'tr',
      { title: groups.length === 0 ? 'in no group' : `in ${groups.join(', ')}` },
      make('td', {}, make('code', {}, connection)),
      make('td', {}, session ?? '–'),
      make('td', {}, clock(since)),
      make('td', { class: 'orders' }, button),
    );
  }

  /**
   * @param {string} user
   * @param {{ user: string } | { connection: string }} whom
   * @param {string} what
   */
  async #disconnect(user, whom, what) {
    const answer = await confirm({
      title: `Disconnect ${what} of ${user}?`,
      text: 'Tabs are closed at once, on every gateway. Tokens stay good: to keep somebody out, revoke them.',
      go: 'Disconnect',
      choice: 'The tabs shall connect again',
    });
    if (answer === undefined) return;
    const shown = this.#lookUps;
    try {
      const { gateways } = await this.#api().disconnect({ ...whom, reconnect: answer.chosen });
      const told = `Told ${counted(gateways, 'gateway')}.`;
      this.#result.textContent = told;
      // Unless somebody else was looked up meanwhile.
      setTimeout(() => shown === this.#lookUps && void this.#lookUp(user, told), closingTime);
    } catch (error) {
      this.#result.textContent = this.#failed(error);
    }
  }
}

/** @param {UserPresence} presence */
function summaryOf({ online, tabs, gateways, since, cut, complete }) {
  if (!online) return 'no tab anywhere';
  const age = since === null ? '' : `, for ${duration(Date.now() - since)}`;
  const where = `${counted(tabs, 'tab')} on ${counted(gateways.length, 'gateway')}${age}`;
  return `${where}${cut ? '; not all are listed' : ''}${complete ? '' : '; a gateway did not answer, there may be more'}`;
}

/**
 * @param {string} name
 * @param {readonly string[]} values
 */
function factOf(name, values) {
  const shown = values.length === 0 ? ['none'] : values.map((value) => make('code', {}, value));
  return [make('dt', {}, name), make('dd', {}, ...shown)];
}
