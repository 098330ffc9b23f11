// What the chat accepts. The page checks by these rules before it sends, web server and gateways because pages can lie.

/** The group of everyone in the chat; a token brings its tab into it. */
export const everyone = 'chat';

/** The group of a room. */
export const groupOf = (room) => `room/${room}`;

/** Longest message, in UTF-16 code units. */
export const maxText = 2000;

const name = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._-]{0,22}[\p{L}\p{M}\p{N}])?$/u;

/** Says what was expected when a value cannot be the name of a person or a room; undefined when it can. */
export function checkName(value) {
  if (typeof value === 'string' && name.test(value)) return undefined;
  return 'a name of up to 24 letters, digits, spaces, dots, dashes and underscores';
}

/** Says what was expected when a value cannot be a message; undefined when it can. */
export function checkText(value) {
  if (typeof value !== 'string' || value.trim() === '') return 'a message with something in it';
  return value.length > maxText ? `at most ${maxText} characters` : undefined;
}
