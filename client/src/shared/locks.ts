import { sharedName } from './names.js';
import type { HeldLock } from './shared-socket.js';

/** What is needed of `navigator.locks`. */
export interface Locks {
  request<Result>(
    name: string,
    options: { signal?: AbortSignal },
    granted: () => Result | Promise<Result>,
  ): Promise<Result>;
}

/** Takes a Web Lock under a name that nobody else uses. Rejects where the browser does not allow it. */
export function holdLock(locks: Locks): Promise<HeldLock> {
  const name = sharedName(crypto.randomUUID());
  return new Promise((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve({ name, release }));
    locks.request(name, {}, hold).catch(reject);
  });
}

/** Resolves when nobody holds a Web Lock any more: the page that had it has let go, or is gone. */
export function released(locks: Locks, name: string): Promise<void> {
  return locks.request(name, {}, () => {});
}
