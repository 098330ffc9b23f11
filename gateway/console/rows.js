/** @import { NodeAnswer } from '../src/http/nodes.js' */

/** How long a gateway counts as new, and how long one that is gone stays in sight, in ms. */
export const sightTime = 60_000;

/**
 * One gateway of the table. `left`: it has drained and ended. `lost`: it was there, and is no longer heard of.
 * @typedef {{ node: NodeAnswer, mark: 'new' | 'left' | 'lost' | undefined }} Row
 */

/** Who is on the roster, who has just come, and who has just gone. Times are ms since the epoch. */
export class Rows {
  /** @type {Map<string, { node: NodeAnswer, newUntil: number, goneAt: number | undefined }>} */
  #known = new Map();
  #first = true;

  /**
   * Takes in an answer.
   * @param {readonly NodeAnswer[]} nodes
   * @param {number} now
   */
  take(nodes, now) {
    const alive = new Set(nodes.map(({ id }) => id));
    for (const [id, entry] of this.#known) {
      if (!alive.has(id)) entry.goneAt ??= now;
      if (entry.goneAt !== undefined && now - entry.goneAt >= sightTime) this.#known.delete(id);
    }
    for (const node of nodes) {
      // Who was there before this page was is new by the age of its process only.
      const newUntil = this.#known.get(node.id)?.newUntil ?? (this.#first ? node.started : now) + sightTime;
      this.#known.set(node.id, { node, newUntil, goneAt: undefined });
    }
    this.#first = false;
  }

  /**
   * The rows of the table, by id.
   * @param {number} now
   * @returns {Row[]}
   */
  at(now) {
    const rows = [...this.#known.values()].map(({ node, newUntil, goneAt }) => ({
      node,
      mark: goneAt === undefined ? markOf(now, newUntil) : farewellOf(node),
    }));
    return rows.sort((a, b) => (a.node.id < b.node.id ? -1 : 1));
  }
}

/**
 * @param {number} now
 * @param {number} newUntil
 * @returns {Row['mark']}
 */
function markOf(now, newUntil) {
  return now < newUntil ? 'new' : undefined;
}

/**
 * Who leaves in order takes its lease along; that of one that was killed lasts for 7 s after its last beat.
 * @param {NodeAnswer} node
 * @returns {Row['mark']}
 */
function farewellOf({ state, beatAge }) {
  return state === 'draining' && beatAge < 5000 ? 'left' : 'lost';
}
