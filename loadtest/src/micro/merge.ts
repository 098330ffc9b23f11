import { Sequence } from '@tabcast/gateway/internal/fanout/sequence';
import type { Micro } from './bench.js';

const bytes = Buffer.alloc(128);

/** Publications that are read from history, and as many that wait meanwhile. */
const missed = 50;

/** Live publications against history: the price of delivering each once and in order. */
export const merge: Micro = {
  name: 'merge',
  about: 'where a gateway stands in a channel with history',
  operations() {
    const live = standingAt(0);
    let offset = 0;
    return [
      { name: 'take the next live one', repeats: 200, run: () => live.take(bytes, positionOf(++offset)) },
      { name: `close a gap of ${missed}, ${missed} waiting`, repeats: 5, run: closeGap },
    ];
  },
};

/** What came from history goes out first, then what has waited. */
function closeGap(): number {
  const sequence = standingAt(0);
  for (let offset = missed + 1; offset <= 2 * missed; offset++) sequence.take(bytes, positionOf(offset));
  sequence.begin();
  let delivered = 0;
  for (let offset = 1; offset <= missed; offset++) if (sequence.reach(positionOf(offset))) delivered++;
  for (const _arrival of sequence.release()) delivered++;
  sequence.settle();
  if (delivered !== 2 * missed) throw new Error(`expected ${2 * missed} deliveries, got ${delivered}`);
  return delivered;
}

function standingAt(offset: number): Sequence {
  const sequence = new Sequence();
  sequence.moveTo(positionOf(offset));
  sequence.settle();
  return sequence;
}

function positionOf(offset: number): string {
  return `1763712000-${offset}`;
}
