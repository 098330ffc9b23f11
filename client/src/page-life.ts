export interface Watcher {
  /** The page is put aside, for later or for ever. It may not run again after this. */
  away(): void;
  /** It runs again. Comes only after `away`. */
  back(): void;
}

/** Whether the page runs. */
export interface PageLife {
  /** Answers how to stop watching. */
  watch(watcher: Watcher): () => void;
}

/** The life of the page that this script runs in: https://developer.chrome.com/docs/web-platform/page-lifecycle-api */
export const pageLife: PageLife = {
  watch({ away, back }) {
    let isAway = false;
    return listen(['pagehide', 'freeze', 'pageshow', 'resume'], ({ type }) => {
      const goes = type === 'pagehide' || type === 'freeze';
      if (goes !== isAway) (goes ? away : back)();
      isAway = goes;
    });
  },
};

/** Listens to events of the page, where this is one. Returns what ends it. */
export function listen(types: readonly string[], heard: (event: Event) => void): () => void {
  const stopped = new AbortController();
  // Those of the document do not all bubble.
  const options = { capture: true, signal: stopped.signal };
  for (const type of types) globalThis.addEventListener?.(type, heard, options);
  return () => stopped.abort();
}
