import { byId } from './dom.js';
import { checkText } from './rules.js';

/** Where messages are written. */
export class Composer {
  #field = byId('message');
  /** What has been begun and not sent, by conversation. */
  #drafts = new Map();
  #addressee;

  /** @param submit called with a message that will do */
  constructor(submit) {
    const form = byId('composer');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#field.value;
      if (checkText(text) !== undefined) return;
      this.#field.value = '';
      submit(text);
    });
    this.#field.addEventListener('keydown', (event) => {
      // While an input method is composing, Enter takes its suggestion.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** From now on what is written is for this conversation. */
  address(conversation) {
    this.#drafts.set(this.#addressee, this.#field.value);
    this.#field.value = this.#drafts.get(conversation) ?? '';
    this.#addressee = conversation;
    const { kind, name } = conversation;
    this.#field.placeholder = {
      everyone: 'To everyone who is online',
      room: `To everyone in ${name}`,
      person: `To ${name}`,
    }[kind];
    this.focus();
  }

  focus() {
    this.#field.focus();
  }
}
