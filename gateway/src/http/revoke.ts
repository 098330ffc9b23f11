import { checkId, type Invalid } from '@tabcast/shared';
import type { Revocation } from '../broker/registry.js';
import { longestRevocation } from '../cluster/revocations.js';
import type { Logger } from '../log.js';
import { json } from './answer.js';
import { checkMembers, invalid, parseJson } from './body.js';
import { carried } from './carried.js';
import { problem } from './problem.js';
import { type Route, route } from './routes.js';

/** A moment before this (the year 1973) was meant in seconds. */
const earliest = 1e11;

/** Who takes tokens back on every gateway. Resolves to how many were told. */
export interface Revoking {
  revoke(revocation: Revocation): Promise<number>;
}

export interface RevokeRules {
  /** How long a revocation is remembered that does not say so itself, in s. */
  readonly revocationTtl: number;
  /** A clock in ms since the epoch. */
  readonly now: () => number;
}

/** `POST /v1/revoke`. Answers with the revocation as it is in force, and how many gateways were told. */
export function revokeRoute(revoker: Revoking, { revocationTtl, now }: RevokeRules, log: Logger): Route {
  return route('revoke', ({ body }) => {
    const parsed = parseJson(body);
    if (parsed === undefined) return problem('not-json', { expected: '{"user": "…"} or {"tokenId": "…"}' });
    const revocation = readRevocation(parsed.value, revocationTtl, now());
    if ('expected' in revocation) return invalid(revocation);
    return carried(async () => {
      const gateways = await revoker.revoke(revocation);
      log.info({ ...revocation, gateways }, 'tokens were revoked');
      return json(200, { ...revocation, gateways });
    });
  });
}

/**
 * Reads `{user, session?, before?}` or `{tokenId}`, with `for?`.
 * @param ttl s
 * @param now ms since the epoch
 */
export function readRevocation(value: unknown, ttl: number, now: number): Revocation | Invalid {
  const wrong = checkMembers(value, ['user', 'session', 'before', 'tokenId', 'for']);
  if (wrong !== undefined) return wrong;
  const { tokenId, for: seconds = ttl, ...ofUser } = value as Record<string, unknown>;
  if (!isInteger(seconds, 1, longestRevocation))
    return { field: 'for', expected: `an integer from 1 to ${longestRevocation} s` };
  const until = now + seconds * 1000;
  return tokenId === undefined ? readOfUser(ofUser, now, until) : readOfToken(tokenId, ofUser, until);
}

function readOfToken(tokenId: unknown, ofUser: object, until: number): Revocation | Invalid {
  const [other] = Object.keys(ofUser);
  if (other !== undefined) return { field: other, expected: `no ${other} beside tokenId` };
  const wrong = checkId(tokenId);
  return wrong === undefined ? { tokenId: tokenId as string, until } : { field: 'tokenId', expected: wrong };
}

function readOfUser(members: Record<string, unknown>, now: number, until: number): Revocation | Invalid {
  const { user, session, before = now } = members;
  if (user === undefined) return { field: 'user', expected: 'user or tokenId' };
  const wrongUser = checkId(user);
  if (wrongUser !== undefined) return { field: 'user', expected: wrongUser };
  const wrongSession = session === undefined ? undefined : checkId(session);
  if (wrongSession !== undefined) return { field: 'session', expected: wrongSession };
  if (!isInteger(before, earliest, Number.MAX_SAFE_INTEGER))
    return { field: 'before', expected: 'an integer of milliseconds since 1970' };
  return { user: user as string, session: (session as string | undefined) ?? null, before, until };
}

function isInteger(value: unknown, from: number, to: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to;
}
