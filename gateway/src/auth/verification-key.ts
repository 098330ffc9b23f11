import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  webcrypto,
} from 'node:crypto';
import { type CryptoKey, importSPKI } from 'jose';

/**
 * A key that verifies tokens. Which algorithms it may verify follows from its type, never from a token: a public key
 * taken as an HMAC secret would let everybody sign (RFC 8725 §2.1). WebCrypto binds an imported key to one algorithm,
 * so there is one import per algorithm, done once: jose would otherwise import at each token, at four times the cost.
 */
export interface VerificationKey {
  /** Name of the key in a JSON Web Key Set; undefined where it has none. */
  readonly kid: string | undefined;
  /** The imported key by JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
  readonly byAlgorithm: ReadonlyMap<string, CryptoKey>;
  /**
   * The signature of a text in base64url, in this very tick, which WebCrypto cannot do; undefined for an algorithm that it does not
   * have. Only shared secrets can sign.
   */
  readonly sign?: (algorithm: string, text: string) => string | undefined;
}

/** Why something cannot serve as a key, so that it reads well after the name of an option. Never holds key material. */
export interface UnusableKey {
  readonly unusable: string;
}

/** Shortest shared secret, in bytes of UTF-8 (RFC 7518 §3.2 for HS256). */
export const minSecretBytes = 32;

const minRsaBits = 2048;
const secretAlgorithms = ['HS256', 'HS384', 'HS512'];
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const edAlgorithms = ['EdDSA', 'Ed25519'];
const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** Every algorithm that a public key can verify. */
export const publicKeyAlgorithms: ReadonlySet<string> = new Set([
  ...rsaAlgorithms,
  ...Object.values(curveAlgorithms),
  ...edAlgorithms,
]);

/** Takes a shared secret for HS256, HS384 and HS512. */
export async function importSecret(secret: string): Promise<VerificationKey | UnusableKey> {
  const bytes = Buffer.from(secret);
  if (bytes.length < minSecretBytes)
    return { unusable: `expected at least ${minSecretBytes} bytes, got ${bytes.length}` };
  const key = await importFor(secretAlgorithms, undefined, (algorithm) => {
    const hash = `SHA-${algorithm.slice(2)}`;
    return webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['verify']);
  });
  const object = createSecretKey(bytes);
  return {
    ...key,
    sign: (algorithm, text) =>
      secretAlgorithms.includes(algorithm)
        ? createHmac(`sha${algorithm.slice(2)}`, object)
            .update(text)
            .digest('base64url')
        : undefined,
  };
}

/** Takes one public key as PEM text: an SPKI key or an X.509 certificate, whose dates and issuer are not looked at. */
export async function importPem(pem: string): Promise<VerificationKey | UnusableKey> {
  const labels = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label]) => label!);
  // Asked first, because Node would silently derive the public key from a private one.
  if (labels.some((label) => label.endsWith('PRIVATE KEY')))
    return { unusable: 'expected a PEM public key, got a private key' };
  if (labels.length === 0)
    return { unusable: 'expected a PEM public key or certificate, got something else' };
  if (labels.length > 1)
    return { unusable: `expected one PEM public key or certificate, got ${labels.length}` };
  const key = publicKeyFrom(pem);
  if (key === undefined) return { unusable: 'expected a PEM public key or certificate, got a damaged one' };
  return importPublicKey(key, publicKeyAlgorithms);
}

/**
 * Takes a member of a JSON Web Key Set (RFC 7517 §4). Its `alg` narrows what the type allows; `use` and `key_ops`, where
 * present, must permit verification. Shared secrets and private keys have no place in a public set.
 */
export async function importJwk(jwk: unknown): Promise<VerificationKey | UnusableKey> {
  if (typeof jwk !== 'object' || jwk === null) return { unusable: 'expected an object' };
  const { kid, alg, use, key_ops: operations, d } = jwk as Record<string, unknown>;
  if (d !== undefined) return { unusable: 'expected a public key, got a private key' };
  if (use !== undefined && use !== 'sig') return { unusable: 'use: expected sig' };
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return { unusable: 'key_ops: expected verify among them' };
  const key = publicKeyFrom({ key: jwk as JsonWebKey, format: 'jwk' });
  if (key === undefined) return { unusable: 'expected a public key of RSA, EC or Ed25519' };
  const permitted = alg === undefined ? publicKeyAlgorithms : new Set([String(alg)]);
  return importPublicKey(key, permitted, typeof kid === 'string' ? kid : undefined);
}

/** The keys worth trying for a token: fit for its algorithm, and not of another name than the token asks for. */
export function fitting(
  keys: readonly VerificationKey[],
  algorithm: string,
  kid: string | undefined,
): CryptoKey[] {
  return keys
    .filter((key) => kid === undefined || key.kid === undefined || key.kid === kid)
    .map((key) => key.byAlgorithm.get(algorithm))
    .filter((key) => key !== undefined);
}

function publicKeyFrom(source: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  try {
    return createPublicKey(source);
  } catch {
    return undefined;
  }
}

async function importPublicKey(
  key: KeyObject,
  permitted: ReadonlySet<string>,
  kid?: string,
): Promise<VerificationKey | UnusableKey> {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < minRsaBits)
    return { unusable: `expected RSA of at least ${minRsaBits} bits, got ${bits}` };
  const supported = algorithmsOf(key);
  if (supported.length === 0)
    return { unusable: `expected RSA, EC P-256, P-384, P-521 or Ed25519, got ${typeOf(key)}` };
  const algorithms = supported.filter((algorithm) => permitted.has(algorithm));
  if (algorithms.length === 0) return { unusable: `alg: expected one of ${supported.join(', ')}` };
  const spki = key.export({ type: 'spki', format: 'pem' }).toString();
  return importFor(algorithms, kid, (algorithm) => importSPKI(spki, algorithm));
}

function algorithmsOf(key: KeyObject): readonly string[] {
  if (key.asymmetricKeyType === 'rsa') return rsaAlgorithms;
  if (key.asymmetricKeyType === 'ed25519') return edAlgorithms;
  const algorithm = curveAlgorithms[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return algorithm === undefined ? [] : [algorithm];
}

function typeOf(key: KeyObject): string {
  return key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'another type';
}

async function importFor(
  algorithms: readonly string[],
  kid: string | undefined,
  importOne: (algorithm: string) => Promise<CryptoKey>,
): Promise<VerificationKey> {
  const imported = algorithms.map(async (algorithm) => [algorithm, await importOne(algorithm)] as const);
  return { kid, byAlgorithm: new Map(await Promise.all(imported)) };
}
