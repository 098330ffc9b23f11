import type { HubTab } from './hub.js';

/**
 * A set of tabs that takes little memory while it has only one, as the channel of nearly every user does: a Set takes 150
 * bytes more.
 */
export class TabSet implements Iterable<HubTab> {
  #tabs: HubTab | Set<HubTab> | undefined;

  get size(): number {
    if (this.#tabs instanceof Set) return this.#tabs.size;
    return this.#tabs === undefined ? 0 : 1;
  }

  has(tab: HubTab): boolean {
    return this.#tabs instanceof Set ? this.#tabs.has(tab) : this.#tabs === tab;
  }

  /** Idempotent. */
  add(tab: HubTab): void {
    if (this.#tabs instanceof Set) this.#tabs.add(tab);
    else if (this.#tabs === undefined) this.#tabs = tab;
    else if (this.#tabs !== tab) this.#tabs = new Set([this.#tabs, tab]);
  }

  /** Says whether it was there. */
  delete(tab: HubTab): boolean {
    if (this.#tabs instanceof Set) return this.#tabs.delete(tab);
    const found = this.#tabs === tab;
    if (found) this.#tabs = undefined;
    return found;
  }

  /** In the order of their coming. */
  [Symbol.iterator](): IterableIterator<HubTab> {
    if (this.#tabs instanceof Set) return this.#tabs.values();
    return (this.#tabs === undefined ? [] : [this.#tabs]).values();
  }
}
