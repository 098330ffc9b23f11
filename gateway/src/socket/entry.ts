import type { Capacity } from '../limits/capacity.js';
import { Lag, watchLoop } from '../limits/lag.js';
import { Neighbourhood, type Neighbours } from '../limits/neighbours.js';
import { anyWait, Turnstile } from '../limits/turnstile.js';
import type { Counters, DoorLimit } from '../metrics/counters.js';
import type { Refusal } from './admission.js';
import { neighbourhoodOf } from './client-address.js';

export interface EntryLimits {
  readonly capacity: Capacity;
  /** Tabs from one address, see neighbourhoodOf; 0: any number. */
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
  readonly neighbours: Neighbours | undefined;
}

const uncounted: Place = { neighbours: undefined };

/**
 * Decides whether one more may come in, before its token is looked at: that is where the cost of a storm begins.
 */
export class Entry {
  readonly #limits: EntryLimits;
  readonly #counters: Counters;
  readonly #now: () => number;
  readonly #lag: Lag;
  #turnstile: Turnstile | undefined;
  readonly #neighbourhood = new Neighbourhood();
  #taken = 0;

  /** @param now a steady clock in ms */
  constructor(limits: EntryLimits, counters: Counters, now: () => number) {
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
    this.#turnstile = rate === 0 ? undefined : new Turnstile({ rate, burst }, this.#now(), Math.random);
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
    const now = this.#now();
    if (this.#taken >= this.#limits.capacity.tabs && this.#matters('capacity')) return refuseFor('capacity');
    if (this.#lag.tooMuch(now) && this.#matters('lag')) return refuseFor('lag');
    if (this.#turnstile?.isOpen(now) === false && this.#matters('handshake-rate'))
      return refuseFor('handshake-rate', this.#turnstile.wait(now));
    return undefined;
  }

  /**
   * A place for a client with this address, or the reason why there is none. To be asked in the same tick as `obstacle`,
   * and only for handshakes that are in order: others take nobody's turn.
   */
  enter(address: string): Place | Refusal {
    const { maxTabsPerAddress } = this.#limits;
    const block = maxTabsPerAddress === 0 ? undefined : neighbourhoodOf(address);
    if (block !== undefined && this.#neighbourhood.count(block) >= maxTabsPerAddress)
      if (this.#matters('address')) return refuseFor('address');
    this.#turnstile?.pass(this.#now());
    this.#taken++;
    return block === undefined ? uncounted : { neighbours: this.#neighbourhood.enter(block) };
  }

  leave({ neighbours }: Place): void {
    this.#taken--;
    if (neighbours !== undefined) this.#neighbourhood.leave(neighbours);
  }

  /** Counts that a limit was hit, and says whether it refuses. */
  #matters(limit: DoorLimit): boolean {
    this.#counters.limitsHit[limit]++;
    return !this.#limits.limitsDryRun;
  }
}

const refusals: Readonly<Record<DoorLimit, readonly [status: number, reason: string]>> = {
  capacity: [503, 'This gateway has as many tabs as it may hold'],
  lag: [503, 'This gateway has too much to do at the moment'],
  address: [429, 'There are too many tabs from this address'],
  'handshake-rate': [503, 'Too many clients want to connect at the moment'],
};

/** @param wait in s */
function refuseFor(limit: DoorLimit, wait = anyWait(Math.random)): Refusal {
  const [status, reason] = refusals[limit];
  return { outcome: limit, status, reason, headers: { 'retry-after': String(wait) } };
}
