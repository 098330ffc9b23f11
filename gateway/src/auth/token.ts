import {
  decodeProtectedHeader,
  errors,
  type JWTClaimVerificationOptions,
  type JWTPayload,
  jwtVerify,
  UnsecuredJWT,
} from 'jose';
import type { TokenOutcome } from '../metrics/counters.js';
import { readIdentity } from './claims.js';
import type { Identity } from './identity.js';
import type { Keys } from './keys.js';

/** Why a token was refused; each reason is counted. */
export type TokenRefusal = Exclude<TokenOutcome, 'accepted'>;

/** What a token proved, or why it proved nothing, for a person. The sentence repeats nothing of the token. */
export type Verdict = { readonly identity: Identity } | RefusedToken;

/** Why a token proved nothing. */
export interface RefusedToken {
  readonly refused: TokenRefusal;
  readonly sentence: string;
}

/**
 * A verdict at once, where there is nothing to wait for: then a handshake is answered in the tick in which it came, which
 * costs the socket server a tenth of what a later answer does.
 */
export type Verification = Verdict | Promise<Verdict>;

/** Goes on with a verdict, in this very tick where it is there. */
export function whenVerified<T>(verification: Verification, use: (verdict: Verdict) => T): T | Promise<T> {
  return verification instanceof Promise ? verification.then(use) : use(verification);
}

/** Verifies JSON Web Tokens (RFC 7519). */
export interface TokenVerifier {
  /** Never throws or rejects. May wait for a download of keys when the token names a key that is not known. */
  verify(token: string): Verification;
  /** Closes the keys. Idempotent. */
  close(): void;
}

/** The two halves of a verifier. Neither throws or rejects. */
export interface TwoStepVerifier extends TokenVerifier {
  /** The verdict, where there is nothing to wait for: a shared secret has signed the token, or it cannot be right. */
  verifyAtOnce(token: string): Verdict | undefined;
  /** For a token that the first step has no verdict on. */
  verifyByKey(token: string): Promise<Verdict>;
}

/** What makes a token acceptable. */
export interface TokenRules {
  /** Opened here, and closed with the verifier. */
  readonly keys: Keys;
  /** What `iss` must be. Undefined or empty: not checked. */
  readonly issuer?: string | undefined;
  /** One of these must be in `aud`. Undefined or empty: not checked. */
  readonly audiences?: readonly string[] | undefined;
  /** How far the issuer's clock may be off, in s. */
  readonly clockTolerance: number;
  /** The clock, in ms since the epoch. */
  readonly now: () => number;
}

/** Longest token, in characters; longer ones are not even looked into. */
const maxLength = 8192;

/** Opens the keys and verifies tokens with them. */
export function createTokenVerifier(rules: TokenRules): TwoStepVerifier {
  void rules.keys.open();
  const verifyAtOnce = (token: string) => {
    try {
      const header = readHeader(token, rules.keys.algorithms);
      if ('refused' in header) return header;
      return isProvedBySecret(token, header, rules.keys) ? readIdentity(claimsOf(token, rules)) : undefined;
    } catch (error) {
      return refusalOf(error);
    }
  };
  const verifyByKey = (token: string) => tryKeys(token, rules).catch(refusalOf);
  return {
    verifyAtOnce,
    verifyByKey,
    verify: (token) => verifyAtOnce(token) ?? verifyByKey(token),
    close: () => rules.keys.close(),
  };
}

interface Header {
  readonly alg: string;
  readonly kid: string | undefined;
  /** Whether the token wants something understood that goes beyond RFC 7515 (§4.1.11). */
  readonly critical: boolean;
}

/** Everything that can be known without cryptography. */
function readHeader(token: string, algorithms: ReadonlySet<string>): Header | RefusedToken {
  if (token.length > maxLength) return refuse('too-long', `expected at most ${maxLength} characters`);
  if (algorithms.size === 0)
    return refuse('keys-unavailable', 'this gateway has no key to verify tokens with');
  if (token.split('.').length !== 3)
    return refuse('malformed', 'expected three parts with dots between them');
  const { alg, kid, crit } = decodeProtectedHeader(token);
  if (kid !== undefined && typeof kid !== 'string')
    return refuse('malformed', 'header kid: expected a string');
  if (alg === undefined || !algorithms.has(alg))
    return refuse('signature', `header alg: expected one of ${[...algorithms].join(', ')}`);
  return { alg, kid, critical: crit !== undefined };
}

/** Whether a shared secret has signed it. If not, jose has the last word, and the words for what is wrong. */
function isProvedBySecret(token: string, { alg, critical }: Header, keys: Keys): boolean {
  const end = token.lastIndexOf('.');
  return !critical && keys.haveSigned(alg, token.slice(0, end), token.slice(end + 1));
}

const unsecured = `${Buffer.from('{"alg":"none"}').toString('base64url')}.`;

/**
 * The claims of a token whose signature was found right, once jose has found issuer, audience and times in order: which it
 * does in one tick only for tokens without a signature (RFC 7519 §6), so that is what it is shown.
 */
function claimsOf(token: string, rules: TokenRules): JWTPayload {
  const [, payload] = token.split('.');
  return UnsecuredJWT.decode(`${unsecured}${payload}.`, claimRules(rules)).payload;
}

/** Tries the keys one by one; rejects with what jose finds wrong. */
async function tryKeys(token: string, rules: TokenRules): Promise<Verdict> {
  const header = readHeader(token, rules.keys.algorithms);
  if ('refused' in header) return header;
  const options = { ...claimRules(rules), algorithms: [...rules.keys.algorithms] };
  for await (const key of rules.keys.candidates(header.alg, header.kid)) {
    try {
      return readIdentity((await jwtVerify(token, key, options)).payload);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  if (rules.keys.mayLack(header.alg))
    return refuse('keys-unavailable', 'the keys that verify this token cannot be fetched; try again later');
  return refuse('signature', 'the signature fits none of the keys');
}

function claimRules({
  issuer,
  audiences = [],
  clockTolerance,
  now,
}: TokenRules): JWTClaimVerificationOptions {
  return {
    requiredClaims: ['sub', 'exp'],
    clockTolerance,
    currentDate: new Date(now()),
    ...(issuer ? { issuer } : {}),
    ...(audiences.length > 0 ? { audience: [...audiences] } : {}),
  };
}

/** jose's errors hold the claims, and its messages some of them, so only their kind is taken. */
function refusalOf(error: unknown): RefusedToken {
  if (error instanceof errors.JWTExpired) return refuse('expired', 'exp: the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) return claimRefusal(error.claim, error.reason);
  if (error instanceof errors.JWTInvalid) return refuse('malformed', 'payload: expected a JSON object');
  return refuse('malformed', 'expected a JSON Web Token with a signature');
}

function claimRefusal(claim: string, reason: string): RefusedToken {
  if (reason === 'missing') return refuse('claims', `${claim}: expected, but missing`);
  if (reason === 'invalid') return refuse('claims', `${claim}: expected a number of seconds since 1970`);
  if (claim === 'nbf') return refuse('not-yet-valid', 'nbf: the token is not valid yet');
  return refuse('claims', `${claim}: expected what this gateway is configured for`);
}

function refuse(refused: TokenRefusal, sentence: string): RefusedToken {
  return { refused, sentence };
}
