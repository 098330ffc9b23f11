import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './scenario.js';

/** How often a scenario that waits looks up, ms. */
const look = 50;

type Watched = Pick<Lab, 'signal' | 'progress'>;

/** Lets a phase pass, unless the run is aborted. */
export function pass(lab: Watched, phase: string, seconds: number): Promise<void> {
  return waitFor(lab, phase, seconds, () => false).then(() => undefined);
}

/**
 * Waits until something has come true; resolves to whether it has, and does not wait beyond the deadline or an abort.
 * @param seconds how long at most
 */
export async function waitFor(
  lab: Watched,
  phase: string,
  seconds: number,
  reached: () => Promise<boolean> | boolean,
): Promise<boolean> {
  const begin = performance.now();
  for (;;) {
    if (await reached()) return true;
    const left = seconds - (performance.now() - begin) / 1000;
    if (left <= 0 || lab.signal.aborted) return false;
    lab.progress({ phase, done: 1 - left / seconds, left });
    await sleep(Math.min(look, left * 1000));
  }
}

/** Resolves to whether the work came to its end before an abort; what is still under way then is left to itself. */
export async function unlessAborted({ signal }: Watched, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const aborted = new Promise<boolean>((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(false), { signal: ended.signal });
  });
  try {
    return await Promise.race([work.then(() => true), aborted]);
  } finally {
    ended.abort();
  }
}
