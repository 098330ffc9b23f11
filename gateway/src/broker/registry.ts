/**
 * What all gateways know together, beside what they publish: who of them is alive, which tokens are revoked, whom the
 * backend has put into groups, and which users it was told are online. The broker's carrier keeps it, because some of it
 * is decided together with subscriptions. Time is the carrier's own: no two gateways have to agree on a clock.
 *
 * Every method rejects as `Broker.publish` does: `BrokerUnavailable` (nothing happened) or `OutcomeUnknown` (it may have).
 * All of them are idempotent, so who does not know may ask again.
 */
export interface Registry {
  /**
   * Opens the connection. Resolves when the carrier has answered once; rejects when it refuses us for good, as
   * `Broker.start` does.
   */
  start(): Promise<void>;

  /**
   * Writes the lease of a gateway, for `leaseTime`, and reads the roster. One atomic act: of several gateways that beat
   * after a lease has run out exactly one is told that it is `lapsed`.
   */
  beat(lease: Lease): Promise<Beat>;

  /** Takes the lease back: this gateway is leaving in order, and nobody shall call it lapsed. */
  depart(gateway: string): Promise<void>;

  /** Revokes tokens until `until`. Later beats of every gateway show another `revocations`. */
  revoke(revocation: Revocation): Promise<void>;

  /** Every revocation that still counts. */
  revocations(): Promise<Revocation[]>;

  /** Remembers that a user belongs to a group, for so many ms from now. */
  putMember(user: string, group: string, ttl: number): Promise<void>;

  /** Forgets that a user belongs to a group. */
  removeMember(user: string, group: string): Promise<void>;

  /**
   * The groups that a user was put into and not removed from.
   * @throws {Error} none of those of `Broker.publish`, when what is kept of this user cannot be read at all
   */
  groupsOf(user: string): Promise<string[]>;

  /**
   * Notes that a user is online, and says whether that is news. To be called when the subscription to the channel
   * of the user is confirmed.
   */
  cameOnline(user: string): Promise<boolean>;

  /**
   * Notes that a user is offline, provided that no gateway is subscribed to the channel of the user, and says whether
   * that is news. Looking and noting are one atomic act, so of all gateways that ask exactly one is told.
   */
  wentOffline(user: string): Promise<boolean>;

  /** Every user who is noted as online although no gateway is subscribed to the channel; notes them as offline. */
  sweepOffline(): Promise<string[]>;

  /** Closes the connection. Idempotent. */
  close(): Promise<void>;
}

/** How long a lease lasts without another beat, in ms. */
export const leaseTime = 7000;

/** Time between two beats, in ms. */
export const beatInterval = 2000;

/** What a gateway says of itself with each beat. Rates are per second, over the time since the beat before. */
export interface Lease {
  readonly gateway: string;
  readonly version: string;
  /** When the process began, in ms since the epoch, by its own clock. Only for people. */
  readonly started: number;
  readonly tabs: number;
  /** Users with at least one tab here. */
  readonly users: number;
  readonly framesPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** 99th percentile of the event loop's lag, in ms. */
  readonly lag: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Most tabs that this gateway takes. */
  readonly capacity: number;
  readonly state: 'ready' | 'draining';
  /**
   * Tabs closed since the process began, by reason, without those that are 0. Absent in the lease of a version that did
   * not say yet.
   */
  readonly closes?: Readonly<Record<string, number>>;
}

/** What the registry answers to a beat. */
export interface Beat {
  /** The gateways alive, the asking one included, by id. */
  readonly roster: readonly RosterEntry[];
  /** Gateways whose lease ran out, and of which this beat is the first to know. */
  readonly lapsed: readonly string[];
  /** Changes whenever the set of revocations does, also when the carrier has lost it. */
  readonly revocations: string;
}

/** A gateway alive. */
export interface RosterEntry extends Lease {
  /** How long ago it last beat, in ms of the carrier's clock. */
  readonly age: number;
}

/** Tokens that count no more: those of a user, or of one session, made before a moment; or a single one by its id. */
export type Revocation = {
  /** When everybody may forget it, in ms since the epoch: no token that it is about lives longer. */
  readonly until: number;
} & (
  | { readonly tokenId: string }
  | {
      readonly user: string;
      /** Only tokens of this session; null: of all. */
      readonly session: string | null;
      /** Tokens issued at or before this moment, in ms since the epoch; one that does not say when counts as old. */
      readonly before: number;
    }
);
