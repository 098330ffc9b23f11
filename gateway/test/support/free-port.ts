import { claimPort } from '../../src/workers/ports.js';

/** A port of 127.0.0.1 that nobody listens on at this moment, nor is given by the system in the next. */
export function freePort(): Promise<number> {
  return claimPort({ host: '127.0.0.1', port: 0 });
}
