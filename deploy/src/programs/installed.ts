import { spawnSync } from 'node:child_process';

/** Where Debian puts servers. These folders are on root's PATH, and seldom on that of others. */
const serverFolders = '/usr/sbin:/sbin';

/** The path of an installed program, or undefined. */
export function pathOf(program: string): string | undefined {
  const env = { ...process.env, PATH: `${process.env['PATH']}:${serverFolders}` };
  const { status, stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { env, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** A command, of a server too, whose complaints are in its output, so that they are shown when it fails, and else not. */
export function told(...command: readonly string[]): string[] {
  return ['sh', '-c', `PATH="$PATH:${serverFolders}"; exec "$@" 2>&1`, 'sh', ...command];
}
