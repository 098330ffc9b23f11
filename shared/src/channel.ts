/**
 * Channels are what a publication is addressed to: `all`, `registered`, `user:<id>`, `group:<id>`.
 * In memory and in receipts ids stand as they are; only the Redis broker percent-encodes them.
 */

/** Longest id of a user, session or group, in bytes of UTF-8. */
export const maxIdBytes = 128;

const utf8 = /* @__PURE__ */ new TextEncoder();

/** Says what was expected when a value is no id of a user, session or group; undefined when it is one. */
export function checkId(id: unknown): string | undefined {
  if (typeof id !== 'string') return `a string, not ${typeName(id)}`;
  if (id === '') return `1 to ${maxIdBytes} bytes, not an empty string`;
  // A string of n code units has at least n bytes of UTF-8: long input is refused without encoding it.
  if (id.length > maxIdBytes || (id.length > maxIdBytes / 3 && utf8.encode(id).length > maxIdBytes))
    return `at most ${maxIdBytes} bytes of UTF-8`;
  if (!id.isWellFormed()) return 'well-formed Unicode, without lone surrogates';
  return undefined;
}

/** The channel of every tab of one user. */
export function userChannel(id: string): string {
  return `user:${id}`;
}

/** The channel of every tab in one group. */
export function groupChannel(id: string): string {
  return `group:${id}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
