import type { HubTab } from './hub.js';

/** How long a send is remembered at least, in ms. Its publications arrive within milliseconds of each other. */
const memory = 5000;

/**
 * Sees to it that a send to several channels reaches a tab once, on the first of them that it is in.
 *
 * The tabs that a send has reached are remembered by its id, not worked out from memberships: a tab that joins or
 * leaves between two publications of one send would otherwise miss it or get it twice.
 */
export class Once {
  #current = new Map<string, Set<HubTab>>();
  #previous = new Map<string, Set<HubTab>>();
  #turned: number;
  readonly #now: () => number;

  /** @param now a clock in ms that never goes back */
  constructor(now: () => number) {
    this.#now = now;
    this.#turned = now();
  }

  /** Marks a tab as reached by a send and says whether it had not been before. */
  first(send: string, tab: HubTab): boolean {
    const reached = this.#reachedBy(send);
    const before = reached.size;
    return reached.add(tab).size > before;
  }

  /** Marks all of these tabs as reached, and returns true, provided that none of them had been before. */
  allFirst(send: string, tabs: ReadonlySet<HubTab>): boolean {
    const reached = this.#reachedBy(send);
    if (reached.size > 0) for (const tab of tabs) if (reached.has(tab)) return false;
    for (const tab of tabs) reached.add(tab);
    return true;
  }

  #reachedBy(send: string): Set<HubTab> {
    this.#turn();
    const reached = this.#current.get(send) ?? this.#previous.get(send) ?? new Set();
    this.#current.set(send, reached);
    return reached;
  }

  /** Forgets in two generations, so that no send needs a timer of its own. */
  #turn(): void {
    const now = this.#now();
    if (now - this.#turned < memory) return;
    this.#previous = now - this.#turned < 2 * memory ? this.#current : new Map();
    this.#current = new Map();
    this.#turned = now;
  }
}
