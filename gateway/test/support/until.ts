import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a condition holds, and returns what it returned. A condition that rejects does not hold yet.
 * @param what ends the sentence "waited in vain for …"
 * @param patience in ms
 */
export async function until<T>(what: string, condition: () => T | Promise<T>, patience = 10_000): Promise<T> {
  const deadline = performance.now() + patience;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const held = await condition();
      if (held) return held;
      last = held;
    } catch (error) {
      last = error;
    }
    await pause(5);
  }
  throw new Error(`waited in vain for ${what}`, { cause: last });
}
