import { hash } from 'node:crypto';
import type { Counters } from '../metrics/counters.js';
import type { TokenVerifier, TwoStepVerifier, Verdict, Verification } from './token.js';

/** How a cache is bounded. */
export interface CacheRules {
  /** Most tokens that are remembered, at least 1. */
  readonly size: number;
  /** The clock, in ms since the epoch, because tokens expire by the calendar. */
  readonly now: () => number;
  readonly counters: Counters;
}

/** Longest time that a token is remembered, in ms: how long a key that its issuer has withdrawn may still count. */
const maxAge = 60_000;

interface Remembered {
  readonly verdict: Verdict;
  /** In ms since the epoch. */
  readonly until: number;
}

/**
 * Remembers for a minute what tokens have proved, so that tabs that reconnect together do not cost a signature each, and
 * verifies a token once that several tabs show at the same time. Refusals are not remembered: there are too many bad
 * tokens, and what is refused now may be accepted in a second. Tokens themselves are not kept, only their digests.
 *
 * What a shared secret has signed passes by: to verify that costs hardly more than to look it up.
 */
export class TokenCache implements TokenVerifier {
  readonly #verifier: TwoStepVerifier;
  readonly #rules: CacheRules;
  /** The least recently used first. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #underWay = new Map<string, Promise<Verdict>>();

  constructor(verifier: TwoStepVerifier, rules: CacheRules) {
    this.#verifier = verifier;
    this.#rules = rules;
  }

  verify(token: string): Verification {
    return this.#verifier.verifyAtOnce(token) ?? this.#lookUp(token);
  }

  /** Forgets everything, also what is being verified now: the keys have changed. */
  clear(): void {
    this.#remembered.clear();
    this.#underWay.clear();
  }

  close(): void {
    this.#verifier.close();
  }

  #lookUp(token: string): Verification {
    const { tokenCache } = this.#rules.counters;
    const digest = hash('sha256', token, 'base64');
    const verdict = this.#recall(digest) ?? this.#underWay.get(digest);
    tokenCache[verdict === undefined ? 'miss' : 'hit']++;
    return verdict ?? this.#verify(digest, token);
  }

  #recall(digest: string): Verdict | undefined {
    const found = this.#remembered.get(digest);
    if (found === undefined) return undefined;
    this.#remembered.delete(digest);
    if (found.until <= this.#rules.now()) return undefined;
    this.#remembered.set(digest, found);
    return found.verdict;
  }

  #verify(digest: string, token: string): Promise<Verdict> {
    const verdict = this.#verifier.verifyByKey(token).then((answer) => {
      // After `clear` another one may be under way, by the new keys.
      if (this.#underWay.get(digest) !== verdict) return answer;
      this.#underWay.delete(digest);
      this.#remember(digest, answer);
      return answer;
    });
    this.#underWay.set(digest, verdict);
    return verdict;
  }

  #remember(digest: string, verdict: Verdict): void {
    if ('refused' in verdict) return;
    const { now, size } = this.#rules;
    const until = Math.min(verdict.identity.expires ?? Number.POSITIVE_INFINITY, now() + maxAge);
    this.#remembered.set(digest, { verdict, until });
    if (this.#remembered.size <= size) return;
    const [oldest] = this.#remembered.keys();
    this.#remembered.delete(oldest!);
  }
}
