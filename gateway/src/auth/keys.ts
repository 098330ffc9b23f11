import { timingSafeEqual } from 'node:crypto';
import type { CryptoKey } from 'jose';
import { type JwksOptions, RemoteKeys } from './jwks.js';
import {
  fitting,
  importPem,
  importSecret,
  publicKeyAlgorithms,
  type UnusableKey,
  type VerificationKey,
} from './verification-key.js';

/** Where the keys that verify tokens come from; any number of them at once, so that keys can be rotated. */
export interface KeySources {
  /** Shared secrets for HS256, HS384 and HS512, at least 32 bytes each. */
  readonly secrets: readonly string[];
  /** PEM text of public keys or certificates: RSA, EC P-256, P-384, P-521 or Ed25519. */
  readonly publicKeys: readonly string[];
  /** A JSON Web Key Set on the network. */
  readonly jwks?: JwksOptions | undefined;
}

/**
 * Imports every key once and checks all sources; fetches nothing yet. Answers the keys or everything that is wrong with
 * the sources, one sentence each, beginning with the option at fault. Never rejects over bad input.
 */
export async function importKeys(sources: KeySources): Promise<{ keys: Keys } | { problems: string[] }> {
  const imported = await Promise.all([
    ...sources.secrets.map(async (secret, i) => named(`token-secrets[${i}]`, await importSecret(secret))),
    ...sources.publicKeys.map(async (pem, i) => named(`token-key-files[${i}]`, await importPem(pem))),
  ]);
  const problems = imported.filter((key) => typeof key === 'string');
  const wrongUrl = sources.jwks && checkUrl(sources.jwks.url);
  if (wrongUrl !== undefined) problems.push(`token-jwks-url: ${wrongUrl}`);
  if (problems.length > 0) return { problems };
  const fixed = imported.filter((key) => typeof key !== 'string');
  return { keys: new Keys(fixed, sources.jwks && new RemoteKeys(sources.jwks)) };
}

/** All keys that may verify a token, from all sources. */
export class Keys {
  readonly #fixed: readonly VerificationKey[];
  readonly #remote: RemoteKeys | undefined;
  /** Algorithms that a token may name. A key set may bring any public key, so it allows all that such keys can do. */
  readonly algorithms: ReadonlySet<string>;

  constructor(fixed: readonly VerificationKey[], remote?: RemoteKeys) {
    this.#fixed = fixed;
    this.#remote = remote;
    this.algorithms = new Set([
      ...fixed.flatMap((key) => [...key.byAlgorithm.keys()]),
      ...(remote === undefined ? [] : publicKeyAlgorithms),
    ]);
  }

  /**
   * Begins to fetch the key set, and to fetch it again for as long as the keys are open. Resolves when it has been tried
   * once. Idempotent.
   */
  async open(): Promise<void> {
    await this.#remote?.open();
  }

  /** Takes over the key set of predecessors with the same URL: the issuer may be away just now. */
  beginWith(before: Keys): void {
    if (before.#remote !== undefined) this.#remote?.beginWith(before.#remote);
  }

  /** Whether every key is at hand that should be. */
  get complete(): boolean {
    return this.#remote === undefined || this.#remote.usable;
  }

  /** Whether there is any key at hand, where there should be one. */
  get any(): boolean {
    return this.#fixed.length > 0 || this.complete;
  }

  /** Whether one of the shared secrets has made this signature, as a token bears it. */
  haveSigned(algorithm: string, signed: string, signature: string): boolean {
    return this.#fixed.some(
      (key) => key.sign !== undefined && sameText(key.sign(algorithm, signed), signature),
    );
  }

  /**
   * The keys to try for a token, those at hand first. When all that is known has been tried and the key set has none that
   * fits, the set may be fetched once more, because its keys may just have been rotated.
   */
  async *candidates(algorithm: string, kid: string | undefined): AsyncGenerator<CryptoKey> {
    yield* fitting(this.#fixed, algorithm, kid);
    if (this.#remote !== undefined && publicKeyAlgorithms.has(algorithm))
      yield* await this.#remote.candidates(algorithm, kid);
  }

  /** Whether a key for this algorithm may exist that could not be fetched so far. */
  mayLack(algorithm: string): boolean {
    return this.#remote !== undefined && !this.#remote.usable && publicKeyAlgorithms.has(algorithm);
  }

  /** Ends fetching. Idempotent. */
  close(): void {
    this.#remote?.close();
  }
}

/** Takes as long whatever is in them, so that nobody can find a signature by trying. */
function sameText(right: string | undefined, found: string): boolean {
  return right?.length === found.length && timingSafeEqual(Buffer.from(right), Buffer.from(found));
}

function named(option: string, key: VerificationKey | UnusableKey): VerificationKey | string {
  return 'unusable' in key ? `${option}: ${key.unusable}` : key;
}

/** Keys that came over plain http could have been anybody's. Only this machine needs no TLS. */
function checkUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'expected an absolute URL';
  if (url.username !== '' || url.password !== '') return 'expected a URL without user or password';
  const local = /^(localhost|\[::1\]|127\.[\d.]+)$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && local)) return undefined;
  return 'expected https://, or http:// to this machine only';
}
