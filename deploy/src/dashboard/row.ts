import type { Panel } from './panel.js';

/** A part of the dashboard under a title of its own. */
export interface Row {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Panels side by side, each as wide as the others. */
export interface Line {
  /** In units of the grid, which are 38 px. */
  readonly height: number;
  readonly panels: readonly Panel[];
}

/** Panels side by side as single numbers. */
export function low(...panels: readonly Panel[]): Line {
  return { height: 4, panels };
}

/** Panels side by side as short tables. */
export function middle(...panels: readonly Panel[]): Line {
  return { height: 6, panels };
}

/** Panels side by side as graphs. */
export function high(...panels: readonly Panel[]): Line {
  return { height: 8, panels };
}
