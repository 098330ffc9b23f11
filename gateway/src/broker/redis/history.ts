import { type Position, parsePosition } from '@tabcast/shared';
import type { History, HistoryEntry, Keep } from '../broker.js';
import { headRenewal } from './history-scripts.js';
import { asBuffer, decodePayload } from './payload.js';

/** How long the head of a channel is kept at least, in ms; ten times as long as its history where that is more. */
export const leastLife = 24 * 3600_000;

/** What publishKept wants to hear from ARGV[2] to ARGV[6]. @param name the redis channel */
export function keptArguments(
  name: string,
  bytes: Uint8Array,
  { size, age }: Keep,
): (string | number | Buffer)[] {
  const life = Math.max(10 * age, leastLife) + headRenewal * age;
  return [life, name, asBuffer(bytes), size, age];
}

/** What readKept returns. */
export type KeptAnswer = [position: Buffer, payloads: Buffer[]];

/** What a position means to readKept: where it is none, the position before all others of no epoch. */
export function readPosition(after: string): Position {
  return parsePosition(after) ?? { epoch: '', offset: 0 };
}

/**
 * What was read. What somebody else has written among the entries is left out, and is missing where it has pushed one of ours
 * out of what was read.
 * @param after what was asked for
 */
export function historyOf([text, payloads]: KeptAnswer, after: Position | undefined): History {
  const position = text.toString();
  const { epoch, offset } = parsePosition(position)!;
  const entries = payloads.flatMap((payload) => entryOf(payload, epoch));
  const next = (after?.offset ?? 0) + 1;
  const first = entries[0] === undefined ? offset + 1 : parsePosition(entries[0].position)!.offset;
  return { position, entries, complete: (after?.epoch ?? epoch) === epoch && first === next };
}

function entryOf(payload: Buffer, epoch: string): HistoryEntry | [] {
  const { bytes, position } = decodePayload(payload);
  const isOurs = position !== null && parsePosition(position)?.epoch === epoch;
  return isOurs ? { position, bytes } : [];
}
