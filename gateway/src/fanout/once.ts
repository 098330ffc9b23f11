import type { HubTab } from './members.js';

/** How long a send is remembered at least, in ms. Its publications arrive within milliseconds of each other. */
const memory = 5000;

/** A tab for which nothing is forgotten. */
interface Held {
  /** How many want that. */
  holders: number;
  /** What has reached it since. */
  readonly sends: Set<string>;
}

/**
 * Sees to it that a send to several channels reaches a tab once, on the first of them that it is in.
 *
 * The tabs that a send has reached are remembered by its id, not worked out from memberships: a tab that joins or
 * leaves between two publications of one send would otherwise miss it or get it twice. A tab that resumes several channels
 * gets each as fast as it reads, so what it gets is remembered until it has everything.
 */
export class Once {
  #current = new Map<string, Set<HubTab>>();
  #previous = new Map<string, Set<HubTab>>();
  readonly #held = new Map<HubTab, Held>();
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
    if (this.#has(reached, send, tab)) return false;
    this.#note(reached, send, tab);
    return true;
  }

  /** Marks all of these tabs as reached, and returns true, provided that none of them had been before. */
  allFirst(send: string, tabs: Iterable<HubTab>): boolean {
    const reached = this.#reachedBy(send);
    if (reached.size > 0 || this.#held.size > 0)
      for (const tab of tabs) if (this.#has(reached, send, tab)) return false;
    for (const tab of tabs) this.#note(reached, send, tab);
    return true;
  }

  /** From now on what reaches a tab is not forgotten, until `release` was called as often. */
  hold(tab: HubTab): void {
    const held = this.#held.get(tab) ?? { holders: 0, sends: new Set() };
    held.holders++;
    this.#held.set(tab, held);
  }

  release(tab: HubTab): void {
    const held = this.#held.get(tab)!;
    if (--held.holders === 0) this.#held.delete(tab);
  }

  #has(reached: ReadonlySet<HubTab>, send: string, tab: HubTab): boolean {
    return reached.has(tab) || this.#held.get(tab)?.sends.has(send) === true;
  }

  #note(reached: Set<HubTab>, send: string, tab: HubTab): void {
    reached.add(tab);
    this.#held.get(tab)?.sends.add(send);
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
