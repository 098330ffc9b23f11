/** The tabs that come from one address. */
export interface AddressCount {
  readonly address: string;
  count: number;
}

/** Counts tabs by address. A tab keeps the count that it is in, not an address of its own. */
export class AddressCounts {
  readonly #byAddress = new Map<string, AddressCount>();

  /** How many are there now. */
  count(address: string): number {
    return this.#byAddress.get(address)?.count ?? 0;
  }

  /** Counts one more. */
  enter(address: string): AddressCount {
    let addressCount = this.#byAddress.get(address);
    if (addressCount === undefined) {
      addressCount = { address, count: 0 };
      this.#byAddress.set(address, addressCount);
    }
    addressCount.count++;
    return addressCount;
  }

  /** Counts one less. */
  leave(addressCount: AddressCount): void {
    addressCount.count--;
    if (addressCount.count === 0) this.#byAddress.delete(addressCount.address);
  }
}
