/** Where a publication stands in the history of its channel. */
export interface Position {
  /** Changes when the history begins anew; what came before it cannot be counted on. */
  readonly epoch: string;
  /** Rises by one with each publication of the epoch. */
  readonly offset: number;
}

/** Reads `<epoch>-<offset>`, both whole numbers; undefined when the text is no position. */
export function parsePosition(text: string): Position | undefined {
  // More digits than 15 may be beyond what a number can count.
  const [, epoch, offset] = /^(\d{1,20})-(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, offset: Number(offset) };
}

/** What a publication is to someone who has seen the one at `last`: the next one, one seen before, or one after a gap. */
export function compareWithLast(last: Position, { epoch, offset }: Position): 'next' | 'seen' | 'gap' {
  if (epoch !== last.epoch) return 'gap';
  if (offset <= last.offset) return 'seen';
  return offset === last.offset + 1 ? 'next' : 'gap';
}
