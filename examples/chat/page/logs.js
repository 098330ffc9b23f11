import { avatar, element } from './dom.js';

/** What more has been said is dropped from the top. */
const longest = 500;

/** Messages of one person follow each other without a new head within this time, in ms. */
const breath = 5 * 60_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/**
 * What was said, a list per conversation. Only the one that is shown is in the accessibility tree, so a screen reader
 * announces what comes in there, and nothing when another one is opened.
 */
export class Logs {
  #place;
  #user;
  #lists = new Map();

  constructor(place, user) {
    this.#place = place;
    // Not every browser lets a keyboard scroll what cannot be focused.
    place.tabIndex = 0;
    this.#user = user;
  }

  /** Shows the log of a conversation, and no other. */
  show(conversation) {
    const shown = this.#listOf(conversation);
    for (const list of this.#lists.values()) list.hidden = list !== shown;
    this.#toEnd();
  }

  /** Adds a message `{from, text, time}`; answers its line, for `settle`. */
  add(conversation, { from, text, time = Date.now() }) {
    const list = this.#listOf(conversation);
    const { dataset } = list.lastElementChild ?? list;
    const continues = dataset.from === from && time - Number(dataset.time) < breath;
    const head = element(
      'p',
      { className: continues ? 'head unseen' : 'head' },
      element('b', {}, from === this.#user ? `${from} (you)` : from),
      ' ',
      timeOf(time),
    );
    const line = element('li', { className: continues ? 'said continues' : 'said' });
    line.append(avatar(from), head, element('p', { className: 'text' }, text));
    Object.assign(line.dataset, { from, time });
    this.#append(list, line);
    if (from === this.#user) {
      line.classList.add('mine');
      this.#toEnd();
    }
    return line;
  }

  /** Adds a remark of the chat itself. */
  remark(conversation, text) {
    const line = element('li', { className: 'remark' }, text, ' ', timeOf(Date.now()));
    this.#append(this.#listOf(conversation), line);
  }

  #append(list, line) {
    list.append(line);
    while (list.children.length > longest) list.firstElementChild.remove();
  }

  /** The style reverses the place, so that its end is where scrolling begins. */
  #toEnd() {
    this.#place.scrollTop = 0;
  }

  #listOf({ id, kind, name }) {
    if (!this.#lists.has(id)) {
      const label = kind === 'person' ? `Messages with ${name}` : `Messages in ${name}`;
      const list = element('ol', { role: 'log', ariaLabel: label, hidden: true });
      this.#lists.set(id, list);
      this.#place.append(list);
    }
    return this.#lists.get(id);
  }
}

/** Says how it stands with an own message: `pending`, `sent`, or `failed`, and what there is to say about that. */
export function settle(line, outcome, sentence = '') {
  line.dataset.outcome = outcome;
  line.querySelector('.outcome')?.remove();
  if (sentence !== '') line.append(element('p', { className: 'outcome' }, sentence));
}

function timeOf(time) {
  const date = new Date(time);
  return element('time', { dateTime: date.toISOString() }, clock.format(date));
}
