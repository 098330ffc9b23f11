import { hash, timingSafeEqual } from 'node:crypto';

/** The keys that backends show to the internal port. */
export interface ApiKeys {
  /** Whether the value of an `Authorization` header is `Bearer` with one of the keys (RFC 6750 §2.1). */
  accepts(authorization: string | undefined): boolean;
  /** From now on these keys count, and no others. */
  replace(keys: readonly string[]): void;
}

/**
 * Takes the keys, several at once for rotation. How long a comparison takes tells nothing about them: digests have one
 * length, and every key is compared, whether or not an earlier one was right.
 */
export function createApiKeys(keys: readonly string[]): ApiKeys {
  let digests = keys.map(digest);
  return {
    replace(others) {
      digests = others.map(digest);
    },
    accepts(authorization) {
      const shown = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (shown === undefined) return false;
      const shownDigest = digest(shown);
      return digests.filter((known) => timingSafeEqual(known, shownDigest)).length > 0;
    },
  };
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
