/** @import { TrendAnswer, TrendsAnswer } from '../src/http/trends.js' */

/** @typedef {Exclude<keyof TrendAnswer, 'id'>} Figure */

/**
 * What a chart draws: one line for the cluster, and one for each gateway.
 * @typedef {object} Lines
 * @property {readonly number[]} times in s since the epoch
 * @property {readonly (number | null)[]} together
 * @property {readonly { id: string, values: readonly (number | null)[] }[]} gateways
 */

/**
 * The lines of one figure. Where nobody was heard of there is a gap.
 * @param {TrendsAnswer} trends
 * @param {Figure} figure
 * @param {'sum' | 'highest'} together
 * @returns {Lines}
 */
export function linesOf({ times, gateways }, figure, together) {
  const add = together === 'sum' ? sum : highest;
  return {
    times: times.map((time) => time / 1000),
    together: times.map((_, index) => add(gateways.map((gateway) => gateway[figure][index] ?? null))),
    gateways: gateways.map((gateway) => ({ id: gateway.id, values: gateway[figure] })),
  };
}

/** The last of some values that is one. @param {readonly (number | null)[]} values */
export function lastOf(values) {
  return values.findLast((value) => value !== null) ?? null;
}

/** @param {readonly (number | null)[]} values */
function sum(values) {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

/** @param {readonly (number | null)[]} values */
function highest(values) {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Colours that gateways are told apart by; further ones have to share a grey. */
const colours = 8;

/** Gives each gateway a colour for as long as it is in sight. */
export class Palette {
  /** @type {Map<string, number>} */
  #taken = new Map();

  /** From now on these are in sight. @param {Iterable<string>} ids */
  keep(ids) {
    const kept = new Set(ids);
    for (const id of this.#taken.keys()) if (!kept.has(id)) this.#taken.delete(id);
    const numbers = Array.from({ length: colours }, (_, number) => number);
    for (const id of kept) {
      const free = numbers.find((number) => ![...this.#taken.values()].includes(number));
      if (!this.#taken.has(id) && free !== undefined) this.#taken.set(id, free);
    }
  }

  /** Number of the colour of a gateway; undefined where it has none of its own. @param {string} id */
  of(id) {
    return this.#taken.get(id);
  }
}
