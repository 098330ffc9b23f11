import { setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from './plan.js';

/**
 * Begins so many tasks on schedule, whatever becomes of those before, as long as no more than `inFlight` are under way; a task
 * that had to wait for that is told when it was due, so that nothing hides the wait. Resolves when all are done, rejects
 * with the first that does.
 * @param begin gets the index of the task, and when it was due in ms of `performance.now`
 */
export async function atPace(
  count: number,
  { perSecond, inFlight }: Pace,
  begin: (index: number, due: number) => Promise<void>,
): Promise<void> {
  const start = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      const due = start + (index * 1000) / perSecond;
      const early = due - performance.now();
      if (early >= 1) await sleep(early);
      await begin(index, due);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, inFlight) }, lane));
}

/** First delay after a failure is below this, ms; the bound doubles with each failure up to the last. */
const firstBound = 500;
const lastBound = 16_000;

/**
 * How long to wait after so many failures in a row, ms.
 * @param failures from 1
 * @param random 0 up to 1
 */
export function retryDelay(failures: number, random: number): number {
  return random * Math.min(lastBound, firstBound * 2 ** (failures - 1));
}
