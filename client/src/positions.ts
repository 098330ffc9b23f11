import { compareWithLast, type Frame, type Position, parsePosition } from '@tabcast/shared';

/** Where the tab stands in each channel, for as long as it lives, across connections. */
export class Positions {
  readonly #last = new Map<string, Position>();

  /** Moves to the position of a publication, and says what it is to the tab. Without a position it is always the next. */
  advance([channel, text]: NonNullable<Frame['at']>): ReturnType<typeof compareWithLast> {
    const position = text === null ? undefined : parsePosition(text);
    if (position === undefined) return 'next';
    const last = this.#last.get(channel);
    const step = last === undefined ? 'next' : compareWithLast(last, position);
    if (step !== 'seen') this.#last.set(channel, position);
    return step;
  }
}
