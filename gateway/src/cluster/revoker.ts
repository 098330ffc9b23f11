import { userChannel } from '@tabcast/shared';
import type { Identity } from '../auth/identity.js';
import { type RefusedToken, type TokenVerifier, whenVerified } from '../auth/token.js';
import type { Registry, Revocation } from '../broker/registry.js';
import type { Hub } from '../fanout/hub.js';
import type { HubTab } from '../fanout/members.js';
import { everyGateway, type Orders } from './orders.js';
import { Revocations } from './revocations.js';

export interface RevokerParts {
  readonly registry: Pick<Registry, 'revoke' | 'revocations'>;
  readonly orders: Pick<Orders, 'send' | 'on'>;
  readonly hub: Pick<Hub, 'members' | 'tabs'>;
  /** Closes a tab because what it rests on was revoked. */
  readonly close: (tab: HubTab) => void;
  /** A clock in ms since the epoch. */
  readonly now: () => number;
}

/**
 * What ends within this time is not written back, in ms: a registry whose clock is ahead of ours has forgotten it already,
 * and would forget it again.
 */
const clockTolerance = 60_000;

const refused: RefusedToken = { refused: 'revoked', sentence: 'the token was revoked' };

/**
 * Takes tokens back, on every gateway: closes the living tabs that rest on them and refuses them from then on.
 *
 *     revoke ──► registry, so that nobody can miss it ──► order to all gateways, so that it takes effect at once
 *
 * A gateway that misses the order sees with its next beat that the registry holds other revocations than it has read.
 * What the registry has lost (a Redis that began anew, or fell back) is written back by all who still know it.
 */
export class Revoker {
  readonly #parts: RevokerParts;
  readonly #known = new Revocations();
  /** What the registry called its revocations when they were last read; undefined before the first time. */
  #version: string | undefined;

  constructor(parts: RevokerParts) {
    this.#parts = parts;
    parts.orders.on('revoke', ({ revocation }) => this.#take([revocation]));
  }

  /** Whether the proof of an identity was revoked. */
  covers(identity: Identity): boolean {
    return this.#known.covers(identity);
  }

  /**
   * Revokes on every gateway, and resolves to how many of them were told; those that were not learn it by their next beat.
   * @throws what the methods of Registry and Broker.publish throw; it may then be in force or not, and is safe to repeat
   */
  async revoke(revocation: Revocation): Promise<number> {
    await this.#parts.registry.revoke(revocation);
    this.#take([revocation]);
    return this.#parts.orders.send(everyGateway, { kind: 'revoke', revocation });
  }

  /**
   * To be called after each beat, with what it said of the revocations; reads them when they have changed.
   * @throws what the methods of Registry throw; the next call tries again
   */
  async follow(version: string): Promise<void> {
    this.#known.expire(this.#parts.now());
    if (version === this.#version) return;
    await this.load();
    this.#version = version;
  }

  /**
   * Reads what is revoked; nobody may be let in before. Writes back what the registry has lost.
   * @throws what the methods of Registry throw
   */
  async load(): Promise<void> {
    const kept = await this.#parts.registry.revocations();
    this.#take(kept);
    const registered = new Revocations();
    for (const revocation of kept) registered.add(revocation);
    const soon = this.#parts.now() + clockTolerance;
    const lost = this.#known.list().filter((one) => one.until > soon && registered.add(one));
    await Promise.all(lost.map((revocation) => this.#parts.registry.revoke(revocation)));
  }

  /** The tabs that may be concerned are looked up by their user; only the id of a token does not say where to look. */
  #take(revocations: readonly Revocation[]): void {
    const news = revocations.filter((revocation) => this.#known.add(revocation));
    const users = new Set(news.flatMap((one) => ('user' in one ? [one.user] : [])));
    for (const user of users) this.#closeAmong(this.#tabsOf(user));
    if (news.some((one) => 'tokenId' in one)) this.#closeAmong([...this.#parts.hub.tabs()]);
  }

  #tabsOf(user: string): HubTab[] {
    const members = this.#parts.hub.members(userChannel(user));
    return members?.all() ?? [];
  }

  #closeAmong(tabs: readonly HubTab[]): void {
    for (const tab of tabs) if (tab.identity !== null && this.covers(tab.identity)) this.#parts.close(tab);
  }
}

/** Asked after the verifier, and so after anything that it remembers. */
export function refuseRevoked(verifier: TokenVerifier, revoker: Pick<Revoker, 'covers'>): TokenVerifier {
  return {
    verify: (token) =>
      whenVerified(verifier.verify(token), (verdict) =>
        'identity' in verdict && revoker.covers(verdict.identity) ? refused : verdict,
      ),
    close: () => verifier.close(),
  };
}
