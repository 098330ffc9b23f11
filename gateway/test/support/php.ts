import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.js';
import { reap } from './reap.js';
import { until } from './until.js';

/** Why tests with PHP are skipped; false where they are not. */
export const noPhp = spawnSync('php', ['--version']).status === 0 ? false : 'php is not installed';

/** `php -S`: it answers requests one after the other. */
export interface PhpServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a server and waits until it answers.
 * @param served the script that answers every request, or the folder of a site
 */
export async function startPhp(served: string, environment: Record<string, string>): Promise<PhpServer> {
  const port = await freePort();
  const child = spawn(
    'php',
    ['-S', `127.0.0.1:${port}`, ...(served.endsWith('.php') ? [served] : ['-t', served])],
    {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const reaper = reap(child.pid!);
  child.once('exit', () => reaper.kill('SIGKILL'));
  const log = text(child.stderr);
  const url = `http://127.0.0.1:${port}/`;
  const ended = once(child, 'exit').then(async () => {
    throw new Error(`php -S ended: ${await log}`);
  });
  ended.catch(() => {});
  await Promise.race([
    ended,
    until('php -S to answer', () => fetch(url).then((answer) => answer.text().then(() => true))),
  ]);
  return {
    url,
    async close() {
      child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}
