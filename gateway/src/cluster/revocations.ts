import type { Identity } from '../auth/identity.js';
import type { Revocation } from '../broker/registry.js';

/** Longest time that a revocation may be remembered, in s: a year. */
export const longestRevocation = 31_536_000;

/** A moment up to which tokens are old, and how long that is to be remembered; both in ms since the epoch. */
interface Limit {
  readonly before: number;
  readonly until: number;
}

/** Which tokens count no more, as far as a gateway knows. Values in, values out. */
export class Revocations {
  /** When each token id may be forgotten, in ms since the epoch. */
  readonly #tokens = new Map<string, number>();
  /** By user, then by session; null stands for all sessions. */
  readonly #users = new Map<string, Map<string | null, Limit>>();

  /**
   * Adds one, and says whether that changed anything. Of several that are about the same tokens the widest counts, for as
   * long as the longest of them.
   */
  add(revocation: Revocation): boolean {
    if ('tokenId' in revocation) return this.#addToken(revocation);
    const { user, session, before, until } = revocation;
    const known = this.#users.get(user)?.get(session) ?? { before: Number.NEGATIVE_INFINITY, until: 0 };
    if (before <= known.before && until <= known.until) return false;
    const sessions = this.#users.get(user) ?? new Map<string | null, Limit>();
    this.#users.set(user, sessions);
    sessions.set(session, { before: Math.max(before, known.before), until: Math.max(until, known.until) });
    return true;
  }

  /** Whether what an identity rests on is revoked. One that does not say when it was made counts as old. */
  covers({ user, session, issued, tokenId }: Identity): boolean {
    if (tokenId !== null && this.#tokens.has(tokenId)) return true;
    const sessions = this.#users.get(user);
    if (sessions === undefined) return false;
    const isOld = (limit: Limit | undefined) => limit !== undefined && (issued ?? 0) <= limit.before;
    return isOld(sessions.get(null)) || (session !== null && isOld(sessions.get(session)));
  }

  /** All of them. */
  list(): Revocation[] {
    const tokens = [...this.#tokens].map(([tokenId, until]) => ({ tokenId, until }));
    const users = [...this.#users].flatMap(([user, sessions]) =>
      [...sessions].map(([session, { before, until }]) => ({ user, session, before, until })),
    );
    return [...tokens, ...users];
  }

  /** Forgets those that have ended. @param now in ms since the epoch */
  expire(now: number): void {
    for (const [tokenId, until] of this.#tokens) if (until <= now) this.#tokens.delete(tokenId);
    for (const [user, sessions] of this.#users) {
      for (const [session, { until }] of sessions) if (until <= now) sessions.delete(session);
      if (sessions.size === 0) this.#users.delete(user);
    }
  }

  #addToken({ tokenId, until }: Revocation & { tokenId: string }): boolean {
    if (until <= (this.#tokens.get(tokenId) ?? 0)) return false;
    this.#tokens.set(tokenId, until);
    return true;
  }
}
