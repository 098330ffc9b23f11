import { setTimeout as sleep } from 'node:timers/promises';

/** V8 gives pages back only when it finds them empty again: so many collections, and so many ms between them. */
const collections = 3;
const pause = 500;

/** Flags of Node that make a program collect its garbage on SIGUSR2: what it needs is told apart from what it has not yet freed. */
export const collecting: readonly string[] = [
  '--expose-gc',
  '--import',
  `data:text/javascript,process.on("SIGUSR2", () => { for (let n = 0; n < ${collections}; n++) setTimeout(gc, n * ${pause}) })`,
];

/** Makes programs with these flags collect; resolves when they have had the time for it. */
export async function collect(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGUSR2');
  await sleep((collections + 1) * pause);
}
