import { checkConnectionId, checkId } from '@tabcast/shared';

/** What fields of orders and answers may be. They come from another gateway, perhaps of another version. */

/** Id of a user, session or group. */
export function isId(value: unknown): value is string {
  return checkId(value) === undefined;
}

export function isConnectionId(value: unknown): value is string {
  return checkConnectionId(value) === undefined;
}

/** A count, or a moment in ms since the epoch. */
export function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
