import { checkId } from '@tabcast/shared';
import type { Answer } from './answer.js';
import { invalid } from './body.js';
import { carried } from './carried.js';

/** Answers as asked, provided that all parameters of the path are ids of users or groups and that the broker carries. */
export async function withIds<Name extends string>(
  parameters: Readonly<Record<string, string>>,
  answer: (ids: Readonly<Record<Name, string>>) => Promise<Answer>,
): Promise<Answer> {
  for (const [field, value] of Object.entries(parameters)) {
    const wrong = checkId(value);
    if (wrong !== undefined) return invalid({ field, expected: wrong });
  }
  return carried(() => answer(parameters as Record<Name, string>));
}
