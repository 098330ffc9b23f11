/** The tabs that come from one address. */
export interface Neighbours {
  readonly address: string;
  count: number;
}

/** Counts tabs by address. A tab keeps the count that it is in, not an address of its own. */
export class Neighbourhood {
  readonly #byAddress = new Map<string, Neighbours>();

  /** How many are there now. */
  count(address: string): number {
    return this.#byAddress.get(address)?.count ?? 0;
  }

  /** Counts one more. */
  enter(address: string): Neighbours {
    let neighbours = this.#byAddress.get(address);
    if (neighbours === undefined) {
      neighbours = { address, count: 0 };
      this.#byAddress.set(address, neighbours);
    }
    neighbours.count++;
    return neighbours;
  }

  /** Counts one less. */
  leave(neighbours: Neighbours): void {
    neighbours.count--;
    if (neighbours.count === 0) this.#byAddress.delete(neighbours.address);
  }
}
