import type { Registry, RosterEntry } from '../broker/registry.js';
import type { Logger } from '../log.js';

/** Time between two sweeps while no gateway comes or goes, in ms. */
const sweepPause = 60_000;

export interface OnlineEventsParts {
  /** Id of this gateway. */
  readonly gateway: string;
  readonly registry: Pick<Registry, 'cameOnline' | 'wentOffline' | 'sweepOffline'>;
  /** Whether a tab of the user is on this gateway. */
  readonly isHere: (user: string) => boolean;
  /** Tells the backend. Never throws. */
  readonly tell: (user: string, online: boolean) => void;
  /** How long a user must have been without a tab to count as offline, in ms; longer than a broker lingers. */
  readonly offlineDelay: number;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Tells the backend when a user comes online (the first tab in the cluster) or goes offline (the last one), once per
 * cluster. The registry notes who is online, and says of each note whether it is news; whoever brings the news tells it.
 *
 *     first tab here ──► cameOnline ──► news? tell
 *     last tab here ──► offlineDelay without a new one ──► wentOffline (is anybody subscribed?) ──► news? tell
 *     a gateway came or went ──► offlineDelay ──► one gateway of the roster sweeps ──► tell of all that it finds
 *
 * The sweep stands in for gateways that have ended: it finds everyone who is noted as online and whose channel nobody is
 * subscribed to any more. It is repeated every minute, because Redis may take a machine that has vanished for alive.
 *
 * While the registry does not answer, what it should hear waits for the next beat. Who was told what is then uncertain, and
 * an event is rather repeated than lost; only a sweep whose answer does not arrive may swallow what it has found.
 */
export class OnlineEvents {
  readonly #parts: OnlineEventsParts;
  /** Users with a welcomed tab here. */
  readonly #here = new Set<string>();
  /** Users whose last tab here has gone, until the delay is over. */
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  /** Users whose coming or going the registry did not take. At most those who were here when it fell silent. */
  readonly #owed = new Set<string>();
  /** Users to note again, because the registry may have lost them. */
  readonly #again = new Set<string>();
  /** What is being asked of the registry, and may bring news. */
  readonly #asking = new Set<Promise<unknown>>();
  #closed = false;
  #roster = '';
  #sweepAt = 0;
  #busy = false;

  constructor(parts: OnlineEventsParts) {
    this.#parts = parts;
  }

  /** A tab of a user was welcomed; the channel of the user is confirmed. */
  came(user: string): void {
    if (this.#here.has(user)) return;
    this.#here.add(user);
    clearTimeout(this.#leaving.get(user));
    this.#leaving.delete(user);
    void this.#ask(this.#settle(user, false));
  }

  /** A tab of a user has gone. */
  went(user: string): void {
    const { isHere, offlineDelay } = this.#parts;
    if (this.#closed || isHere(user) || !this.#here.delete(user)) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(user);
      void this.#ask(this.#settle(user, this.#again.delete(user)));
    }, offlineDelay);
    this.#leaving.set(user, timer.unref());
  }

  /** The broker carries again. What the registry knew may have been lost, so with the next beat it is told again. */
  recovered(): void {
    for (const user of [...this.#here, ...this.#leaving.keys()]) this.#again.add(user);
    // The others are only just subscribing again.
    this.#sweepAfter(this.#parts.offlineDelay);
  }

  /** To be called after each beat, while the broker carries: catches up with what had to wait. */
  async beaten(roster: readonly Pick<RosterEntry, 'gateway'>[]): Promise<void> {
    const ids = roster.map(({ gateway }) => gateway).sort();
    if (String(ids) !== this.#roster) this.#sweepAfter(this.#parts.offlineDelay);
    this.#roster = String(ids);
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    await this.#ask(this.#catchUpAndSweep(ids[0] === this.#parts.gateway));
    this.#busy = false;
  }

  /**
   * Ends all this; resolves when the last news has been told. Who is still leaving is found by the sweep of another
   * gateway, or of the next one that starts.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    await Promise.all(this.#asking);
  }

  async #ask(asked: Promise<unknown>): Promise<void> {
    this.#asking.add(asked);
    await asked;
    this.#asking.delete(asked);
  }

  async #catchUpAndSweep(isFirst: boolean): Promise<void> {
    const caughtUp = await this.#catchUp();
    if (caughtUp && this.#parts.now() >= this.#sweepAt) await this.#sweep(isFirst);
  }

  /** One by one, and not beyond the first that fails; says whether none did. */
  async #catchUp(): Promise<boolean> {
    for (const user of this.#owed) if (this.#closed || !(await this.#settle(user, true))) return false;
    for (const user of this.#again) if (this.#closed || !(await this.#noteAgain(user))) return false;
    return true;
  }

  /**
   * Tells the registry whether a user is here; says whether it took it.
   * @param owed the registry may have heard it before, and have forgotten the user since: what was news then is news now
   */
  async #settle(user: string, owed: boolean): Promise<boolean> {
    const { registry, tell } = this.#parts;
    const online = this.#here.has(user);
    try {
      if (owed && !online) await registry.cameOnline(user);
      const news = await (online ? registry.cameOnline(user) : registry.wentOffline(user));
      if (online === this.#here.has(user)) this.#owed.delete(user);
      if (news || (owed && online)) tell(user, online);
      return true;
    } catch (error) {
      this.#owed.add(user);
      this.#failed(error);
      return false;
    }
  }

  async #noteAgain(user: string): Promise<boolean> {
    const { registry, tell } = this.#parts;
    try {
      const news = await registry.cameOnline(user);
      this.#again.delete(user);
      if (news && this.#here.has(user)) tell(user, true);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** Every gateway keeps the time, and the first of the roster acts: if it ends meanwhile, the roster changes. */
  async #sweep(isFirst: boolean): Promise<void> {
    const { registry, tell } = this.#parts;
    try {
      if (isFirst) for (const user of await registry.sweepOffline()) tell(user, false);
      this.#sweepAfter(sweepPause);
    } catch (error) {
      this.#failed(error);
    }
  }

  #sweepAfter(pause: number): void {
    this.#sweepAt = this.#parts.now() + pause;
  }

  #failed(error: unknown): void {
    this.#parts.log.debug({ err: error }, 'the registry did not take who is online; it is told again');
  }
}
