import type { Wrapping } from './plan.js';

/** An action of tabcast around a text: as the gateways write it to tabs, and as Redis carries it between them. */
export const actionFrame: Wrapping = { head: '{"action":"load","details":["', tail: '"]}' };

/** The same as an item of `POST /v1/send`. `to` is written out once per target, not once per send. */
export function sendBody(to: object): Wrapping {
  return { head: `{"to":${JSON.stringify(to)},${actionFrame.head.slice(1)}`, tail: actionFrame.tail };
}
