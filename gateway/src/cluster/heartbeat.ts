import { isBrokerFailure } from '../broker/broker.js';
import { type Beat, beatInterval, type Lease, type Registry, type RosterEntry } from '../broker/registry.js';
import type { Logger } from '../log.js';
import type { BeatOutcome } from '../metrics/counters.js';
import { Roster } from './roster.js';

/** What a heartbeat needs of its gateway. */
export interface HeartbeatParts {
  readonly registry: Pick<Registry, 'beat' | 'depart'>;
  /** Id of this gateway. */
  readonly gateway: string;
  /** What this gateway says of itself at this moment. */
  readonly lease: () => Lease;
  /** Whether the broker carries. */
  readonly brokerLive: () => boolean;
  /** Where beats are counted. */
  readonly counters: { readonly beats: Record<BeatOutcome, number> };
  /** A clock in ms that never goes back. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Hears of every beat that succeeded. What it throws, or rejects with, is logged, and changes nothing. */
export type BeatListener = (beat: Beat) => void | Promise<void>;

/**
 * Says again and again that this gateway is alive, and learns who else is. No gateway is more than another: nothing is
 * elected, and a lease that has lapsed is simply written again.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #roster: Roster;
  readonly #listeners: BeatListener[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<Beat | undefined> | undefined;
  /** What was logged last. */
  #saidDegraded = false;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#roster = new Roster(parts.now());
  }

  /** Listens to beats from now on. */
  onBeat(listener: BeatListener): void {
    this.#listeners.push(listener);
  }

  /** The gateways alive, by id, as far as is known. */
  get roster(): readonly RosterEntry[] {
    return this.#roster.at(this.#parts.now());
  }

  /** Whether this gateway is cut off: the broker does not carry, or the others must take us for dead. */
  get degraded(): boolean {
    const { brokerLive, now } = this.#parts;
    return !brokerLive() || this.#roster.isStale(now());
  }

  /** Begins to beat. Resolves when the first beat is over and all who listen are done with it; never rejects. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.beat(), beatInterval);
    await this.beat();
  }

  /** Beats now, unless a beat is under way. Resolves as `start`. */
  async beat(): Promise<void> {
    if (this.#asking !== undefined) return;
    const { registry, lease, counters, now } = this.#parts;
    this.#asking = this.#attempt(() => registry.beat(lease()));
    const beat = await this.#asking;
    this.#asking = undefined;
    counters.beats[beat === undefined ? 'failed' : 'succeeded']++;
    if (beat !== undefined) this.#roster.take(beat, now());
    this.#sayDegraded();
    if (beat !== undefined) await this.#tell(beat);
  }

  /** Beats no more and takes the lease back, so that nobody calls this gateway lapsed. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    // A beat that came after the departure would write the lease again.
    await this.#asking;
    await this.#attempt(() => this.#parts.registry.depart(this.#parts.gateway));
  }

  /** The next beat does not wait for them: whoever is slow with a list of revocations is alive all the same. */
  async #tell(beat: Beat): Promise<void> {
    const { log } = this.#parts;
    if (beat.lapsed.length > 0) log.warn({ gateways: beat.lapsed }, 'gateways are no longer heard of');
    await Promise.all(this.#listeners.map((listen) => this.#attempt(async () => listen(beat))));
  }

  #sayDegraded(): void {
    const { degraded } = this;
    if (degraded === this.#saidDegraded) return;
    this.#saidDegraded = degraded;
    if (degraded) this.#parts.log.warn('degraded: cut off from the other gateways; tabs stay');
    else this.#parts.log.info('no longer degraded');
  }

  /** A carrier that is away says so itself, in its log; anything else is a fault of ours. */
  async #attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!isBrokerFailure(error)) this.#parts.log.error({ err: error }, 'a beat failed');
      return undefined;
    }
  }
}
