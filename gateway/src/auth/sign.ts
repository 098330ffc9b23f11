import { SignJWT } from 'jose';
import { readIdentity } from './claims.js';
import { minSecretBytes } from './verification-key.js';

/** What a token is to grant. */
export interface Grant {
  /** Claim `sub`. */
  readonly user: string;
  /** Claim `sid`. */
  readonly session?: string | undefined;
  /** Claim `groups`. */
  readonly groups?: readonly string[] | undefined;
  /** Claim `join`: patterns of groups. */
  readonly join?: readonly string[] | undefined;
  /** How long it is good for, in s. */
  readonly expiresIn: number;
  /** Claim `iss`. */
  readonly issuer?: string | undefined;
  /** Claim `aud`. */
  readonly audience?: string | undefined;
  /** The present time in ms since the epoch. Default: the system's clock. */
  readonly now?: number;
}

/**
 * Signs a token with HS256, for the command line and for development; in production the application does it.
 * @throws {RangeError} the secret is too short, or the gateway would refuse such a token; the message says which claim
 */
export async function signToken(secret: string, grant: Grant): Promise<string> {
  const key = Buffer.from(secret);
  if (key.length < minSecretBytes)
    throw new RangeError(`secret: expected at least ${minSecretBytes} bytes, got ${key.length}`);
  const claims = claimsOf(grant);
  const verdict = readIdentity(claims);
  if ('refused' in verdict) throw new RangeError(verdict.sentence);
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' });
  if (grant.issuer !== undefined) token.setIssuer(grant.issuer);
  if (grant.audience !== undefined) token.setAudience(grant.audience);
  return token.sign(key);
}

function claimsOf(grant: Grant) {
  const iat = Math.floor((grant.now ?? Date.now()) / 1000);
  return {
    sub: grant.user,
    sid: grant.session,
    groups: grant.groups && [...grant.groups],
    join: grant.join && [...grant.join],
    iat,
    exp: iat + grant.expiresIn,
  };
}
