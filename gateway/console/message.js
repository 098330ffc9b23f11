/** @import { Api } from './api.js' */
import { confirm } from './confirm.js';
import { byId, make } from './elements.js';
import { counted } from './format.js';

/** What has to be typed in for each kind of target. @type {Readonly<Record<string, string | undefined>>} */
const idOf = { user: 'Id', login: 'User', group: 'Id', connection: 'Id', json: 'Target' };

/** A field is not what it should be; the sentence is for the person who typed it. */
export class Mistake extends Error {}

/**
 * A target as the API takes it.
 * @param {string} kind
 * @param {string} id
 * @param {string} session
 * @returns {object}
 * @throws {Mistake}
 */
export function readTarget(kind, id, session) {
  if (kind === 'all' || kind === 'registered') return { [kind]: true };
  if (kind === 'json') return readObject(id);
  if (id === '') throw new Mistake('Whom is it for?');
  if (kind !== 'login') return { [kind]: id };
  if (session === '') throw new Mistake('Which login is it for?');
  return { user: id, session };
}

/**
 * Details of a message; nothing at all counts as none.
 * @param {string} text
 * @throws {Mistake}
 */
export function readDetails(text) {
  return text.trim() === '' ? [] : readJson(text, 'The details are');
}

/** @param {string} text */
function readObject(text) {
  const value = readJson(text, 'The target is');
  if (typeof value !== 'object' || value === null)
    throw new Mistake('The target is no object such as {"users": ["1", "2"]}');
  return value;
}

/**
 * @param {string} text
 * @param {string} what
 */
function readJson(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mistake(`${what} not JSON: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
}

/** Sends messages, and shows their receipts. */
export class MessageDesk {
  #api;
  #failed;
  #kind = byId('target', HTMLSelectElement);
  #id = byId('target-id', HTMLInputElement);
  #session = byId('target-session', HTMLInputElement);
  #result = byId('message-result', HTMLElement);

  /**
   * @param {() => Api} api
   * @param {(error: unknown) => string} failed says what went wrong
   */
  constructor(api, failed) {
    this.#api = api;
    this.#failed = failed;
    this.#kind.addEventListener('change', () => this.#showFields());
    byId('message-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#showFields();
  }

  /** Forgets the last receipt. */
  clear() {
    this.#result.replaceChildren();
  }

  #showFields() {
    const kind = this.#kind.value;
    const label = byId('target-id-label', HTMLLabelElement);
    label.hidden = idOf[kind] === undefined;
    label.firstElementChild?.replaceChildren(idOf[kind] ?? '');
    this.#id.placeholder = kind === 'json' ? '{"users": ["1", "2"]}' : '';
    byId('target-session-label', HTMLLabelElement).hidden = kind !== 'login';
  }

  async #send() {
    try {
      const to = readTarget(this.#kind.value, this.#id.value, this.#session.value);
      const details = readDetails(byId('details', HTMLTextAreaElement).value);
      const action = byId('action', HTMLInputElement).value;
      if (('all' in to || 'registered' in to) && !(await confirmMany(action))) return;
      this.#show(await this.#api().send({ to, action, details }));
    } catch (error) {
      this.#result.replaceChildren(make('p', { class: 'wrong' }, this.#failed(error)));
    }
  }

  /** @param {Record<string, { gateways: number }>} receipt */
  #show(receipt) {
    const rows = Object.entries(receipt).map(([channel, { gateways }]) =>
      make(
        'tr',
        {},
        make('th', { scope: 'row' }, make('code', {}, channel)),
        make(
          'td',
          { 'data-level': gateways === 0 ? '1' : '0' },
          gateways === 0 ? 'nobody is there' : `went to ${counted(gateways, 'gateway')}`,
        ),
      ),
    );
    this.#result.replaceChildren(
      make('table', { class: 'receipt' }, make('caption', {}, 'Receipt'), make('tbody', {}, ...rows)),
    );
  }
}

/** @param {string} action */
function confirmMany(action) {
  return confirm({
    title: 'Send to everyone?',
    text: `Every tab of the cluster that this reaches gets the action ${action}.`,
    go: 'Send',
  });
}
