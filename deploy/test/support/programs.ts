import { spawnSync } from 'node:child_process';

/** Why tests that need this program are skipped; false where they are not. */
export function without(program: string): string | false {
  const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  return isThere ? false : `${program} is not installed`;
}
