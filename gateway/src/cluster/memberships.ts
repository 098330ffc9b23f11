import { userChannel } from '@tabcast/shared';
import { isBrokerFailure } from '../broker/broker.js';
import type { Registry } from '../broker/registry.js';
import type { Orders } from './orders.js';

/** How long a registry that did not answer is left alone, in ms. */
const retryPause = 1000;

/** What the backend wants with a user and a group. */
export type MembershipChange = 'put' | 'remove';

/** What of the registry is needed here. */
type MemberRegistry = Pick<Registry, 'putMember' | 'removeMember' | 'groupsOf'>;

export interface MembershipParts {
  readonly registry: MemberRegistry;
  readonly orders: Pick<Orders, 'send'>;
  /** How long a membership is remembered after it was last put, in ms. */
  readonly ttl: number;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/**
 * The groups that the backend has put users into. A membership is remembered first and ordered then, so a tab that
 * looks it up after the channel of its user is confirmed either finds it or hears of it.
 */
export class Memberships {
  readonly #parts: MembershipParts;
  /** The registry did not answer; nobody asks it before this moment. */
  #askAgain = 0;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  /**
   * Puts a user into a group. Resolves to the number of gateways that hold the user now. Idempotent.
   * @throws what Broker.publish throws; the user may then be in the group for tabs that open later
   */
  async put(user: string, group: string): Promise<number> {
    const { registry, orders, ttl } = this.#parts;
    await registry.putMember(user, group, ttl);
    return orders.send(userChannel(user), { kind: 'put', group });
  }

  /** Takes a user out of a group, as `put`. */
  async remove(user: string, group: string): Promise<number> {
    const { registry, orders } = this.#parts;
    await registry.removeMember(user, group);
    return orders.send(userChannel(user), { kind: 'remove', group });
  }

  /**
   * The groups that a user was put into. Waits for a registry that cannot be reached, as long as somebody wants to know;
   * of nobody it says nothing.
   */
  async of(user: string, wanted: () => boolean): Promise<string[]> {
    for (; wanted(); await pause()) {
      const groups = await this.#lookUp(user);
      if (groups !== undefined) return groups;
    }
    return [];
  }

  /** Thousands of tabs may be waiting: while the registry is away one of them asks, and the others believe it. */
  async #lookUp(user: string): Promise<string[] | undefined> {
    const { registry, now } = this.#parts;
    if (now() < this.#askAgain) return undefined;
    try {
      return await registry.groupsOf(user);
    } catch (error) {
      if (!isBrokerFailure(error)) throw error;
      this.#askAgain = now() + retryPause;
      return undefined;
    }
  }
}

/** Each waits for another while, so that they do not all ask at once; a process that ends waits for none of them. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, retryPause * (0.75 + Math.random() / 2)).unref());
}
