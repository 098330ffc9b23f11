import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
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

/** Verifies JSON Web Tokens (RFC 7519). */
export interface TokenVerifier {
  /** Never rejects. May wait for a download of keys when the token names a key that is not known. */
  verify(token: string): Promise<Verdict>;
  /** Closes the keys. Idempotent. */
  close(): void;
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
export function createTokenVerifier(rules: TokenRules): TokenVerifier {
  void rules.keys.open();
  return {
    async verify(token) {
      try {
        const header = readHeader(token, rules.keys.algorithms);
        if ('refused' in header) return header;
        const signed = await readClaims(token, header, rules);
        return 'refused' in signed ? signed : readIdentity(signed.claims);
      } catch (error) {
        return refusalOf(error);
      }
    },
    close: () => rules.keys.close(),
  };
}

interface Header {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Everything that can be known without cryptography. */
function readHeader(token: string, algorithms: ReadonlySet<string>): Header | RefusedToken {
  if (token.length > maxLength) return refuse('too-long', `expected at most ${maxLength} characters`);
  if (algorithms.size === 0)
    return refuse('keys-unavailable', 'this gateway has no key to verify tokens with');
  if (token.split('.').length !== 3)
    return refuse('malformed', 'expected three parts with dots between them');
  const { alg, kid } = decodeProtectedHeader(token);
  if (kid !== undefined && typeof kid !== 'string')
    return refuse('malformed', 'header kid: expected a string');
  if (alg === undefined || !algorithms.has(alg))
    return refuse('signature', `header alg: expected one of ${[...algorithms].join(', ')}`);
  return { alg, kid };
}

/** The claims, once one of the keys has proved them and jose has found issuer, audience and times in order. */
async function readClaims(
  token: string,
  header: Header,
  rules: TokenRules,
): Promise<{ claims: JWTPayload } | RefusedToken> {
  const options = verifyOptions(rules);
  for await (const key of rules.keys.candidates(header.alg, header.kid)) {
    try {
      return { claims: (await jwtVerify(token, key, options)).payload };
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  if (rules.keys.mayLack(header.alg))
    return refuse('keys-unavailable', 'the keys that verify this token cannot be fetched; try again later');
  return refuse('signature', 'the signature fits none of the keys');
}

function verifyOptions({ keys, issuer, audiences = [], clockTolerance, now }: TokenRules): JWTVerifyOptions {
  return {
    algorithms: [...keys.algorithms],
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
