import { createHmac } from 'node:crypto';
import type { Visitor } from './target.js';

/** How long the token of a visitor is good for, s: longer than any run. */
const life = 86_400;

/** Claims of a tab's token that the load test sets. */
export interface Claims {
  /** The user. */
  readonly sub: string;
  /** When the token expires, in s since the epoch. */
  readonly exp: number;
  readonly groups?: readonly string[];
  /** Of Centrifugo: the channels that the tab is in. */
  readonly channels?: readonly string[];
}

/** Signs a token as an application would: a JWT with HS256 (RFC 7515, RFC 7518 §3.2). */
export function signToken(claims: Claims, secret: string): string {
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The token of a visitor's tab. */
export function tokenFor({ user, groups }: Visitor, secret: string): string {
  const exp = Math.floor(Date.now() / 1000) + life;
  return signToken({ sub: user, exp, ...(groups && { groups }) }, secret);
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
