import { Api, Refused } from './api.js';
import { byId, setText } from './elements.js';

/** Where this browser tab keeps the key; it is gone when the tab is closed. */
const keptAs = 'tabcast-key';

/** The form that asks for an API key, and what becomes of the key. */
export class SignIn {
  #signedIn;
  #form = byId('sign-in', HTMLFormElement);
  #field = byId('key', HTMLInputElement);
  #trouble = byId('sign-in-trouble', HTMLElement);

  /** @param {(api: Api) => void} signedIn hears of a key that the gateway accepts */
  constructor(signedIn) {
    this.#signedIn = signedIn;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#try(this.#field.value.trim());
    });
  }

  /** Takes the key that was typed in before this page was loaded anew, or asks for one. */
  begin() {
    const kept = sessionStorage.getItem(keptAs);
    if (kept === null) this.#field.focus();
    else void this.#try(kept);
  }

  /** Forgets the key and asks for another. @param {string} why what has happened, for the person */
  again(why) {
    sessionStorage.removeItem(keptAs);
    this.#form.hidden = false;
    setText(this.#trouble, why);
    this.#field.focus();
  }

  /** @param {string} key */
  async #try(key) {
    const api = new Api(key);
    setText(this.#trouble, '');
    try {
      await api.nodes();
    } catch (error) {
      return this.#fail(error);
    }
    sessionStorage.setItem(keptAs, key);
    this.#field.value = '';
    this.#form.hidden = true;
    this.#signedIn(api);
  }

  /** @param {unknown} error */
  #fail(error) {
    const wrong = error instanceof Refused && error.status === 401;
    if (wrong) sessionStorage.removeItem(keptAs);
    setText(
      this.#trouble,
      wrong ? 'The gateway does not accept this key.' : /** @type {Error} */ (error).message,
    );
    this.#field.select();
  }
}
