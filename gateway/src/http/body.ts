import type { Invalid } from '@tabcast/shared';
import type { Answer } from './answer.js';
import { problem } from './problem.js';

/** A body as JSON; undefined when it is none. */
export function parseJson(body: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body.toString()) };
  } catch {
    return undefined;
  }
}

/** Answers that a field is not what it should be. */
export function invalid({ field, expected }: Invalid): Answer {
  return problem('invalid-field', { field, expected });
}

/** What is wrong with the members of a body that takes these and no others; undefined when nothing is. */
export function checkMembers(value: unknown, known: readonly string[]): Invalid | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { field: '', expected: `an object with ${known.join(', ')}` };
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : { field: unknown, expected: `only ${known.join(', ')}` };
}
