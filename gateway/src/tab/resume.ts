import { type Frame, type Positions, parsePosition } from '@tabcast/shared';
import type { Stay } from '../fanout/members.js';
import type { Resumption } from '../fanout/resumption.js';
import type { Tab } from './tab.js';

/** What a client says of where it stood; or, as a sentence, what is wrong with it. */
export function readPositions(value: unknown): Positions | string {
  const expected = 'positions: expected an object with a position, like "1795221532000-7", for each channel';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return expected;
  return Object.values(value).every(isPosition) ? (value as Positions) : expected;
}

/** `sys/resume`: notes where the client stood before, and lets the connection begin. */
export function takeResume(tab: Tab, frame: Frame): void {
  tab.rules.counters.framesReceived.system++;
  const positions = readPositions(frame.details[0]);
  if (typeof positions === 'string') tab.refuse(frame, 400, positions);
  else {
    tab.resumeFrom = positions;
    tab.beginResumed();
  }
}

/** Finds out what a tab has missed of channels that it has entered; undefined where it resumes none. */
export async function resume(
  tab: Tab,
  stays: readonly Stay[],
  from: Positions | undefined,
): Promise<Resumption | undefined> {
  const isResumed = from !== undefined && tab.state !== 'closed';
  return isResumed ? tab.rules.fanout.resume(tab, stays, from) : undefined;
}

/** Begins to give a tab what it has missed. */
export function follow(tab: Tab, resumption: Resumption | undefined): void {
  resumption?.follow().catch((error: unknown) => tab.fail(error));
}

/** Whether it is one, of whatever epoch. */
export function isPosition(value: unknown): value is string {
  return typeof value === 'string' && parsePosition(value) !== undefined;
}
