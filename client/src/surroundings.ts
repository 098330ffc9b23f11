import { listen, type PageLife, pageLife } from './page-life.js';

/** What is needed of `sessionStorage`. Every call may throw. */
export interface StorageLike {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Everything that a tab asks of the world, sockets aside. */
export interface Surroundings {
  /** Time in ms since 1970. It may jump. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Calls back once, after so many ms or later. Returns what prevents it. */
  after(ms: number, callback: () => void): () => void;
  /** Whether there may be a network; true where nobody knows. */
  online(): boolean;
  /**
   * Calls back whenever there is reason to look at the connection: the network came or went, the page is seen again or has
   * woken up. Returns what ends it.
   */
  watch(noticed: () => void): () => void;
  readonly life: PageLife;
  /** What lives as long as a tab of the browser. May throw where there is no such thing, or it is not allowed. */
  storage(): StorageLike;
  /** Takes an error that a callback of the application has thrown. */
  report(error: unknown): void;
}

/** Longest wait that `setTimeout` knows; beyond it calls at once (HTML, "timer initialisation steps": a signed long). */
const longestWait = 2 ** 31 - 1;

/** The browser or Node. */
export const surroundings: Surroundings = {
  now: Date.now,
  random: Math.random,
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, longestWait));
    return () => clearTimeout(timer);
  },
  online: () => globalThis.navigator?.onLine !== false,
  watch: (noticed) =>
    listen(
      ['online', 'offline', 'pageshow', 'visibilitychange'],
      ({ type }) => (type === 'visibilitychange' && document.hidden) || noticed(),
    ),
  life: pageLife,
  storage: () => sessionStorage,
  report: (error) =>
    queueMicrotask(() => {
      throw error;
    }),
};
