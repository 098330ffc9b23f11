/**
 * @import { TrendsAnswer } from '../src/http/trends.js'
 * @import { NodesAnswer } from '../src/http/nodes.js'
 * @import { UserPresence } from '../src/cluster/presence.js'
 */

/** How long an answer may take, in ms. */
const patience = 5000;

/** The gateway refused. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} sentence
   */
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** The gateway did not answer. */
export class NoAnswer extends Error {}

/**
 * The HTTP API of the gateway that serves this page. Every method rejects with `Refused` or `NoAnswer`; a key that
 * is not accepted is refused with 401.
 */
export class Api {
  #key;
  #fetch;

  /**
   * @param {string} key
   * @param {typeof fetch} ask
   */
  constructor(key, ask = (...request) => fetch(...request)) {
    this.#key = key;
    this.#fetch = ask;
  }

  /** @returns {Promise<NodesAnswer>} */
  nodes() {
    return this.#ask('GET', 'v1/nodes');
  }

  /** @returns {Promise<TrendsAnswer>} */
  trends() {
    return this.#ask('GET', 'v1/trends');
  }

  /**
   * @param {string} id
   * @returns {Promise<UserPresence>}
   */
  user(id) {
    return this.#ask('GET', `v1/users/${encodeURIComponent(id)}`);
  }

  /**
   * @param {{ to: unknown, action: string, details: unknown }} send
   * @returns {Promise<Record<string, { gateways: number }>>}
   */
  send(send) {
    return this.#ask('POST', 'v1/send', send);
  }

  /**
   * @param {{ user: string, session?: string, reconnect: boolean } | { connection: string, reconnect: boolean }} whom
   * @returns {Promise<{ gateways: number }>}
   */
  disconnect(whom) {
    return this.#ask('POST', 'v1/disconnect', whom);
  }

  /**
   * @param {string} gateway
   * @returns {Promise<{ gateway: string }>}
   */
  drain(gateway) {
    return this.#ask('POST', `v1/nodes/${encodeURIComponent(gateway)}/drain`);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async #ask(method, path, body) {
    // Such a key fits into no header, so fetch would blame the network.
    if (!/^[\x21-\x7e]+$/.test(this.#key)) throw new Refused(401, 'No key has such characters');
    const answer = await this.#send(method, path, body);
    const said = await answer.json().catch(() => {
      throw new NoAnswer('The answer broke off, or is none of a gateway');
    });
    if (answer.ok) return said;
    throw new Refused(answer.status, sentenceOf(said));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} body
   */
  async #send(method, path, body) {
    try {
      return await this.#fetch(`../${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#key}` },
        cache: 'no-store',
        signal: AbortSignal.timeout(patience),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new NoAnswer('The gateway does not answer.', { cause });
    }
  }
}

/** @param {{ title?: string, detail?: string, field?: string, expected?: string }} problem */
function sentenceOf({ title = 'The gateway refused', detail, field, expected }) {
  const where = field === undefined || field === '' ? '' : `${field}: `;
  return [title, detail, expected && `${where}expected ${expected}`].filter(Boolean).join('. ');
}
