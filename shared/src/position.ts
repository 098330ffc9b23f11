/** Where a publication stands in the history of its channel. */
export interface Position {
  /** Changes when the history begins anew; what came before it cannot be counted on. */
  readonly epoch: string;
  /** Rises by one with each publication of the epoch. */
  readonly offset: number;
}

/**
 * Reads `<epoch>-<offset>`, both whole numbers; undefined when the text is no position. Each has one spelling, without leading
 * zeros: so positions can be compared as texts.
 */
export function parsePosition(text: string): Position | undefined {
  const dash = text.indexOf('-');
  // More digits than 15 may be beyond what a number can count.
  const offset = wholeNumber(text, dash + 1, text.length, 15);
  if (offset === undefined || wholeNumber(text, 0, dash, 20) === undefined) return undefined;
  return { epoch: text.slice(0, dash), offset };
}

/** Without a regular expression, because gateways and clients read a position with every publication. */
function wholeNumber(text: string, from: number, to: number, mostDigits: number): number | undefined {
  if (to <= from || to - from > mostDigits) return undefined;
  if (text[from] === '0' && to - from > 1) return undefined;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** What a publication is to someone who has seen the one at `last`: the next one, one seen before, or one after a gap. */
export function compareWithLast(last: Position, { epoch, offset }: Position): 'next' | 'seen' | 'gap' {
  if (epoch !== last.epoch) return 'gap';
  if (offset <= last.offset) return 'seen';
  return offset === last.offset + 1 ? 'next' : 'gap';
}
