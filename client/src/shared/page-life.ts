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
    const went = () => {
      if (!isAway) away();
      isAway = true;
    };
    const came = () => {
      if (isAway) back();
      isAway = false;
    };
    const listeners: [EventTarget, string, () => void][] = [
      [window, 'pagehide', went],
      [document, 'freeze', went],
      [window, 'pageshow', came],
      [document, 'resume', came],
    ];
    for (const [target, event, listener] of listeners) target.addEventListener(event, listener);
    return () => {
      for (const [target, event, listener] of listeners) target.removeEventListener(event, listener);
    };
  },
};
