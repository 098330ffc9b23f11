import { type AddressCount, AddressCounts } from '../limits/address-counts.js';
import type { Capacity } from '../limits/capacity.js';
import { anyWait, HandshakeRate } from '../limits/handshake-rate.js';
import { Lag, watchLoop } from '../limits/lag.js';
import type { Counters, HandshakeLimit } from '../metrics/counters.js';
import type { Refusal } from './admission.js';
import { blockOf } from './client-address.js';

export interface HandshakeLimitOptions {
  readonly capacity: Capacity;
  /** Tabs from one address, see blockOf; 0: any number. */
  readonly maxTabsPerAddress: number;
  /** Handshakes a second; 0: any number. */
  readonly handshakeRate: number;
  /** Handshakes at once after a pause. */
  readonly handshakeBurst: number;
  /** ms, see Lag; 0: any. */
  readonly maxLag: number;
  /** Whether these limits are only counted. */
  readonly limitsDryRun: boolean;
}

/** What a handshake takes up, and after it the tab: to be given back once. */
export interface Place {
  /** Undefined where tabs are not counted by address. */
  readonly addressCount: AddressCount | undefined;
}

const uncounted: Place = { addressCount: undefined };

/**
 * Decides whether one more may come in, before its token is looked at: that is where the cost of a storm begins.
 */
export class HandshakeLimits {
  readonly #limits: HandshakeLimitOptions;
  readonly #counters: Counters;
  readonly #now: () => number;
  readonly #lag: Lag;
  #handshakeRate: HandshakeRate | undefined;
  readonly #addresses = new AddressCounts();
  #taken = 0;

  /** @param now a steady clock in ms */
  constructor(limits: HandshakeLimitOptions, counters: Counters, now: () => number) {
    this.#limits = limits;
    this.#counters = counters;
    this.#now = now;
    this.#lag = new Lag(Number.POSITIVE_INFINITY);
    this.renew();
  }

  /** To be called when the limits have changed. */
  renew(): void {
    const { handshakeBurst: burst, handshakeRate: rate, maxLag } = this.#limits;
    this.#lag.limit = maxLag === 0 ? Number.POSITIVE_INFINITY : maxLag;
    this.#handshakeRate =
      rate === 0 ? undefined : new HandshakeRate({ rate, burst }, this.#now(), Math.random);
  }

  /** Watches the event loop. Returns what ends it. */
  watch(): () => void {
    return watchLoop(this.#lag, this.#now);
  }

  /**
   * The reason why nobody may come in at this moment, whoever it is. To be asked before anything is read of a handshake:
   * in a storm most handshakes end here, and the first moment of it costs a third of what it would otherwise.
   */
  obstacle(): Refusal | undefined {
    if (this.#taken >= this.#limits.capacity.tabs && this.#matters('capacity')) return refuseFor('capacity');
    return this.#haste();
  }

  /** The reason why nobody may come in right now, however much room there is. */
  #haste(): Refusal | undefined {
    const now = this.#now();
    if (this.#lag.tooMuch(now) && this.#matters('lag')) return refuseFor('lag');
    if (this.#handshakeRate?.isOpen(now) === false && this.#matters('handshake-rate'))
      return refuseFor('handshake-rate', this.#handshakeRate.wait(now));
    return undefined;
  }

  /**
   * A place for a client with this address, or the reason why there is none. To be asked in the same tick as `obstacle`,
   * and only for handshakes that are in order: others take nobody's turn.
   */
  enter(address: string): Place | Refusal {
    const block = this.#limits.maxTabsPerAddress === 0 ? undefined : blockOf(address);
    if (block !== undefined && this.#isFull(this.#addresses.count(block))) return refuseFor('address');
    return this.#take(block);
  }

  /** One more place like another that is held, for a further tab on a socket; says whether there is one. */
  join({ addressCount }: Place): boolean {
    if (this.obstacle() !== undefined) return false;
    if (addressCount !== undefined && this.#isFull(addressCount.count)) return false;
    this.#take(addressCount?.address);
    return true;
  }

  /** Whether a tab may come right now to a socket whose place no tab holds: that takes a turn, but no further place. */
  succeed(): boolean {
    if (this.#haste() !== undefined) return false;
    this.#handshakeRate?.pass(this.#now());
    return true;
  }

  leave({ addressCount }: Place): void {
    this.#taken--;
    if (addressCount !== undefined) this.#addresses.leave(addressCount);
  }

  #take(block: string | undefined): Place {
    this.#handshakeRate?.pass(this.#now());
    this.#taken++;
    return block === undefined ? uncounted : { addressCount: this.#addresses.enter(block) };
  }

  /** Whether an address may have no more than so many. */
  #isFull(count: number): boolean {
    const { maxTabsPerAddress } = this.#limits;
    return maxTabsPerAddress > 0 && count >= maxTabsPerAddress && this.#matters('address');
  }

  /** Counts that a limit was hit, and says whether it refuses. */
  #matters(limit: HandshakeLimit): boolean {
    this.#counters.limitsHit[limit]++;
    return !this.#limits.limitsDryRun;
  }
}

const refusals: Readonly<Record<HandshakeLimit, readonly [status: number, reason: string]>> = {
  capacity: [503, 'This gateway has as many tabs as it may hold'],
  lag: [503, 'This gateway has too much to do at the moment'],
  address: [429, 'There are too many tabs from this address'],
  'handshake-rate': [503, 'Too many clients want to connect at the moment'],
};

/** @param wait in s */
function refuseFor(limit: HandshakeLimit, wait = anyWait(Math.random)): Refusal {
  const [status, reason] = refusals[limit];
  return { outcome: limit, status, reason, headers: { 'retry-after': String(wait) } };
}
