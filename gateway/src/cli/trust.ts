import { ExchangeableVerifier } from '../auth/exchangeable.js';
import { importKeys, type KeySources, type Keys } from '../auth/keys.js';
import { createTokenVerifier, type TwoStepVerifier } from '../auth/token.js';
import type { Config, OptionName } from '../config/options.js';
import type { Logger } from '../log.js';
import { readOption } from './files.js';
import type { Io } from './io.js';

/** Options that decide which tokens are accepted. */
export const trustOptions: readonly OptionName[] = [
  'token-secrets',
  'token-key-files',
  'token-jwks-url',
  'token-jwks-max-stale',
  'token-issuer',
  'token-audiences',
  'token-clock-tolerance',
];

/**
 * Reads and imports all keys that verify tokens; fetches none yet.
 * @throws {Error} with a sentence for each key that cannot be used
 */
export async function readKeys(config: Config, log: Logger, io: Io): Promise<Keys> {
  const { tokenJwksUrl: url, tokenJwksMaxStale } = config;
  const sources: KeySources = {
    secrets: config.tokenSecrets,
    publicKeys: config.tokenKeyFiles.map((path, index) => readOption(`token-key-files[${index}]`, path, io)),
    ...(url !== '' && {
      jwks: { url, maxStale: tokenJwksMaxStale * 1000, now: () => performance.now(), log },
    }),
  };
  const imported = await importKeys(sources);
  if ('problems' in imported) throw new Error(`the keys cannot be used\n  ${imported.problems.join('\n  ')}`);
  return imported.keys;
}

/** The keys in force, and the verifier that judges by them. */
export class Trust {
  readonly verifier: ExchangeableVerifier;
  #keys: Keys;

  /** Opens the keys. */
  constructor(config: Config, keys: Keys) {
    this.#keys = keys;
    this.verifier = new ExchangeableVerifier(createVerifier(config, keys));
  }

  get keys(): Keys {
    return this.#keys;
  }

  /** Closes the keys so far, and judges by others from now on. */
  exchange(config: Config, keys: Keys): void {
    this.#keys = keys;
    this.verifier.exchange(createVerifier(config, keys));
  }
}

function createVerifier(config: Config, keys: Keys): TwoStepVerifier {
  return createTokenVerifier({
    keys,
    issuer: config.tokenIssuer === '' ? undefined : config.tokenIssuer,
    audiences: config.tokenAudiences,
    clockTolerance: config.tokenClockTolerance,
    now: Date.now,
  });
}
