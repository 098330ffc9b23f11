import { pathOf } from '../../src/programs/installed.js';

/** Why tests that need this program are skipped; false where they are not. */
export function without(program: string): string | false {
  return pathOf(program) === undefined ? `${program} is not installed` : false;
}
