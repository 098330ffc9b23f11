/**
 * How a server speaks to its tabs, as far as a receiver has to know: plain data, so that it travels to the processes that hold
 * the tabs. The defaults are tabcast's.
 */
export interface Dialect {
  /** What the tab says when the socket is open, a text frame each. */
  readonly hello?: readonly string[];
  /** Text and binary frames of the server up to the one that tells that the tab is in its channels; 0: the open socket tells it (1). */
  readonly welcomeFrames?: number;
  /** A text frame of the server that wants `pong` as its answer. */
  readonly ping?: string;
  readonly pong?: string;
  /** Bytes of a frame that follow the text of a message (3: `"]}`). */
  readonly tail?: number;
}

/** An action of tabcast, and whatever else carries the text as the last of `details`. */
export const tabcastDialect: Dialect = {};
