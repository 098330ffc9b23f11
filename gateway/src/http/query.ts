import type { Invalid } from '@tabcast/shared';

/**
 * Takes a query apart: each of the known parameters at most once, and no other.
 * @param query raw, without the question mark
 */
export function readQuery<Name extends string>(
  query: string,
  known: readonly Name[],
): { parameters: Partial<Record<Name, string>> } | Invalid {
  const parameters: Partial<Record<Name, string>> = {};
  for (const part of query.split('&').filter((text) => text !== '')) {
    const [name, value] = readPart(part);
    const field = known.find((one) => one === name);
    if (field === undefined) return { field: name ?? '', expected: `only ${known.join(', ')}` };
    if (value === undefined) return { field, expected: 'percent-encoded UTF-8' };
    if (parameters[field] !== undefined) return { field, expected: 'one value' };
    parameters[field] = value;
  }
  return { parameters };
}

/** Name and value, each undefined where it cannot be decoded. */
function readPart(part: string): [name: string | undefined, value: string | undefined] {
  const equals = part.indexOf('=');
  return equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
}

/** As browsers and URLSearchParams encode forms: a plus is a space (WHATWG URL §5.1). */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
