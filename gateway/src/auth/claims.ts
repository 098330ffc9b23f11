import { checkId } from '@tabcast/shared';
import type { Identity } from './identity.js';

/** What is wrong with the claims of a token. Names the claim, never its value. */
export interface RefusedClaims {
  readonly refused: 'claims';
  readonly sentence: string;
}

/** Groups, and patterns of groups, that one token may name. */
const maxItems = 100;

/** A time beyond this (the year 5138) was meant in ms, and taken in seconds would never come. */
const latestTime = 1e11;

/** Reads the claims that make an identity. Issuer, audience and the present time are not its business. */
export function readIdentity(
  claims: Readonly<Record<string, unknown>>,
): { identity: Identity } | RefusedClaims {
  const { sub, sid, groups, join, exp, iat, jti } = claims;
  const wrong =
    checkClaim('sub', sub) ??
    (sid === undefined ? undefined : checkClaim('sid', sid)) ??
    checkList('groups', groups) ??
    checkList('join', join) ??
    checkTime('exp', exp) ??
    (iat === undefined ? undefined : checkTime('iat', iat)) ??
    (jti === undefined ? undefined : checkClaim('jti', jti));
  if (wrong !== undefined) return { refused: 'claims', sentence: wrong };
  const identity = {
    user: sub as string,
    session: (sid as string | undefined) ?? null,
    groups: unique(groups as string[] | undefined),
    join: unique(join as string[] | undefined),
    expires: (exp as number) * 1000,
    issued: iat === undefined ? null : (iat as number) * 1000,
    tokenId: (jti as string | undefined) ?? null,
  };
  return { identity };
}

/**
 * Reads what the backend vouches for: `{user, session, groups, join, expires}`. All but `user` may be absent; without
 * `expires` (in s since the epoch) it vouches without an end.
 */
export function readVouched(
  members: Readonly<Record<string, unknown>>,
): { identity: Identity } | RefusedClaims {
  const { user, session, groups, join, expires } = members;
  const wrong =
    checkClaim('user', user) ??
    (session === undefined ? undefined : checkClaim('session', session)) ??
    checkList('groups', groups) ??
    checkList('join', join) ??
    (expires === undefined ? undefined : checkTime('expires', expires));
  if (wrong !== undefined) return { refused: 'claims', sentence: wrong };
  const identity = {
    user: user as string,
    session: (session as string | undefined) ?? null,
    groups: unique(groups as string[] | undefined),
    join: unique(join as string[] | undefined),
    expires: expires === undefined ? null : (expires as number) * 1000,
    issued: null,
    tokenId: null,
  };
  return { identity };
}

function checkClaim(name: string, value: unknown): string | undefined {
  const wrong = checkId(value);
  return wrong && `${name}: expected ${wrong}`;
}

/** Of groups or of patterns, which obey the rules of an id: 1 to 128 bytes of well-formed Unicode. */
function checkList(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return `${name}: expected an array of strings`;
  if (value.length > maxItems) return `${name}: expected at most ${maxItems} items, not ${value.length}`;
  return value.map((item, i) => checkClaim(`${name}[${i}]`, item)).find((wrong) => wrong !== undefined);
}

function checkTime(name: string, value: unknown): string | undefined {
  if (typeof value !== 'number') return `${name}: expected a number of seconds since 1970`;
  if (value > latestTime) return `${name}: expected seconds since 1970, not milliseconds`;
  return undefined;
}

/** Most tabs are in no groups, and all of these need only one array. */
const none: readonly string[] = [];

function unique(items: readonly string[] = none): readonly string[] {
  return items.length === 0 ? none : [...new Set(items)];
}
