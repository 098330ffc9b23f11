import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { importKeys, type KeySources } from '../../src/auth/keys.js';
import {
  createTokenVerifier,
  type TokenRules,
  type TokenVerifier,
  type Verdict,
} from '../../src/auth/token.js';

/** The present, in s since the epoch, for every token of a test. */
export const present = 1_800_000_000;

/** A shared secret of sufficient length. */
export const secret = 'a shared secret of sufficient length';

/** Claims of a token that is good for a minute. */
export const goodClaims = { sub: '42', exp: present + 60 };

/** A key pair as an issuer has it. */
export interface Pair {
  readonly privateKey: KeyObject;
  /** Public half as SPKI. */
  readonly pem: string;
  /** Public half as a member of a key set. */
  jwk(members?: Partial<JWK>): JWK;
}

/** Makes a key pair. */
export function keyPair(type: 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'): Pair {
  const { privateKey, publicKey } = generate(type);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    privateKey,
    pem,
    jwk: (members) => ({ ...publicKey.export({ format: 'jwk' }), ...members }) as JWK,
  };
}

/** Signs a token as an application would, with any claims and header. */
export function sign(
  key: KeyObject | string,
  alg: string,
  claims: object = goodClaims,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const token = new SignJWT({ ...claims }).setProtectedHeader({ ...header, alg });
  return token.sign(typeof key === 'string' ? Buffer.from(key) : key);
}

/** A verifier with these keys, for tokens of `present`. */
export async function verifierWith(
  sources: Partial<KeySources>,
  rules: Partial<TokenRules> = {},
): Promise<TokenVerifier> {
  const imported = await importKeys({ secrets: [], publicKeys: [], ...sources });
  assert.ok('keys' in imported, JSON.stringify(imported));
  return createTokenVerifier({ clockTolerance: 0, now: () => present * 1000, ...rules, keys: imported.keys });
}

/** Why a token was refused; fails when it was not. */
export function refusal(verdict: Verdict): string {
  assert.ok('refused' in verdict, 'the token was accepted');
  return verdict.refused;
}

/** Whom a token proved; fails when it was refused. */
export function user(verdict: Verdict): string {
  assert.ok('identity' in verdict, JSON.stringify(verdict));
  return verdict.identity.user;
}

function generate(type: Parameters<typeof keyPair>[0]): { privateKey: KeyObject; publicKey: KeyObject } {
  if (type === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (type === 'Ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: type });
}
