import { createHmac } from 'node:crypto';

/** Claims of a tab's token that the load test sets. */
export interface Claims {
  /** The user. */
  readonly sub: string;
  /** When the token expires, in s since the epoch. */
  readonly exp: number;
  readonly groups?: readonly string[];
}

/** Signs a token as an application would: a JWT with HS256 (RFC 7515, RFC 7518 §3.2). */
export function signToken(claims: Claims, secret: string): string {
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
