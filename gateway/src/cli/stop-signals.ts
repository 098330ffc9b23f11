import type { Signal } from '../workers/messages.js';
import type { Io } from './io.js';

/** One Ctrl-C comes from the terminal and again from each program between it and us, within this many ms. */
const sameSignal = 100;

/**
 * Calls `act` at each SIGTERM and SIGINT, and counts them from 1: the first one is a request, the second one is in a
 * hurry, and the third does not care.
 */
export function onStopSignal(io: Io, act: (signal: Signal, count: number) => void): void {
  let count = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    io.onSignal(signal, () => {
      if (performance.now() - latest < sameSignal) return;
      latest = performance.now();
      count++;
      act(signal, count);
    });
}
