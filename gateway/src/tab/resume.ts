import {
  checkConnectionId,
  checkId,
  type Former,
  type Frame,
  type Positions,
  parsePosition,
} from '@tabcast/shared';
import type { Stay } from '../fanout/members.js';
import type { Resumption } from '../fanout/resumption.js';
import type { Tab } from './tab.js';

/** Notes where a client says that it stood before, and who it was there. Returns what is wrong with that, as a sentence. */
export function noteFormer(tab: Tab, [positions, former]: unknown[]): string | undefined {
  const wrong = mistakeInPositions(positions) ?? (former === undefined ? undefined : mistakeInFormer(former));
  if (wrong === undefined) {
    tab.resumeFrom = positions as Positions;
    tab.former = former as Former | undefined;
  }
  return wrong;
}

/** `sys/resume`: notes where the client stood before, and lets the connection begin. */
export function takeResume(tab: Tab, frame: Frame): void {
  tab.rules.counters.framesReceived.system++;
  const wrong = noteFormer(tab, frame.details);
  if (wrong === undefined) tab.beginResumed();
  else tab.refuse(frame, 400, wrong);
}

/**
 * From where a tab that knows who it is goes on. What another user has reached is nothing to it: it would get what was
 * sent before its user came, and be told that this was missed.
 */
export function resumedFrom(tab: Tab): Positions | undefined {
  const user = tab.former?.user ?? tab.identity?.user;
  if (user === tab.identity?.user) return tab.resumeFrom;
  tab.former = undefined;
  return undefined;
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

function mistakeInPositions(value: unknown): string | undefined {
  const isGood = isObject(value) && Object.values(value).every(isPosition);
  return isGood
    ? undefined
    : 'positions: expected an object with a position, like "1795221532000-7", for each channel';
}

function mistakeInFormer(value: unknown): string | undefined {
  if (!isObject(value)) return 'former: expected an object with user and connection';
  const { user, connection } = value as Record<string, unknown>;
  const wrongUser = user === undefined || user === null ? undefined : checkId(user);
  if (wrongUser !== undefined) return `user: expected ${wrongUser}, or null for an anonymous tab`;
  const wrongConnection = connection === undefined ? undefined : checkConnectionId(connection);
  return wrongConnection === undefined ? undefined : `connection: expected ${wrongConnection}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
