/**
 * The contract between gateways. A broker carries opaque bytes in channels, from every gateway to every gateway that
 * is subscribed, the sender included: a gateway hears its own publications from the broker too, so there is one path
 * and one order. A broker knows no tabs.
 *
 * Order: publications of one gateway to one channel arrive in the order of the `publish` calls, and every subscriber
 * sees one channel in the same order. Where the carrier has just forgotten scripts, this holds for calls of one turn of the event
 * loop, and for those that wait for the answer to the one before.
 * Loss: a publication reaches every gateway whose subscription was confirmed before it was published, except while
 * that gateway's `state` is not `live`. What was kept in the history of its channel can be read after that.
 *
 * History: position, append and publish are one act, so every subscriber can see by the positions whether it has missed
 * something. A position is `<epoch>-<offset>`: offsets rise by one, from 1, with each publication that is kept. The epoch of
 * a channel is a number that only rises; it changes whenever the carrier cannot vouch any more that a position means
 * what it meant (lost or older data, another master): no position is ever given twice. A channel of which nothing was kept
 * yet stands at offset 0 of its epoch.
 */
export interface Broker {
  /** Whether publications are carried in both directions right now. */
  readonly state: BrokerState;

  /**
   * Opens the connections. Resolves when the broker is live for the first time.
   * Called once, before anything else. Rejects when the carrier refuses us for good (wrong password, missing
   * permission); keeps trying while it is only unreachable.
   */
  start(listener: BrokerListener): Promise<void>;

  /**
   * Wants a channel. Idempotent. Resolves once the carrier has confirmed: whatever is published after that arrives.
   * While the broker is down it stays pending and resolves when the subscription is re-established; it rejects only
   * when the broker is closed. `unsubscribe` before the confirmation ends the wait: it resolves and promises nothing,
   * because who has stopped wanting a channel must not be kept in memory for it.
   */
  subscribe(channel: string): Promise<void>;

  /**
   * Wants a channel no more. The carrier may be told with a delay (so that a reload of a page does not flap), and
   * publications may still arrive meanwhile. Never throws.
   */
  unsubscribe(channel: string): void;

  /**
   * Publishes one message to one channel, at most once.
   * @throws {BrokerUnavailable} nothing was published, and nothing will be
   * @throws {OutcomeUnknown} the carrier did not answer in time: published, or not, or later; a repetition with the
   *   same idempotency key is safe
   * @throws {IdempotencyConflict} the key was used for other bytes before; nothing was published
   * @throws {HistoryFull} the carrier has no memory to keep it; nothing was published
   */
  publish(publication: Publication): Promise<Published>;

  /**
   * Reads what a channel has kept, oldest first. What is published after the answer was made is not in it, and reaches who
   * was subscribed before asking.
   * @throws {BrokerUnavailable}
   * @throws {OutcomeUnknown} no answer came in time
   */
  read(request: HistoryRequest): Promise<History>;

  /** Closes the connections. Pending subscriptions reject. Idempotent. */
  close(): Promise<void>;
}

/** How much of a channel is kept. */
export interface Keep {
  /** Publications, from 1. */
  readonly size: number;
  /** How long after the last publication all of them are kept, in ms. */
  readonly age: number;
}

/** What to read of the history of a channel. */
export interface HistoryRequest {
  readonly channel: string;
  /** Only what came after this position; undefined for everything that is kept. */
  readonly after?: string | undefined;
  /** Most entries to return, from 0. */
  readonly limit: number;
}

/** What was read. */
export interface History {
  /** Where the channel stands: the position of its last publication that was kept. */
  readonly position: string;
  /** The oldest of what was asked for. */
  readonly entries: readonly HistoryEntry[];
  /**
   * Whether nothing is missing between `after` (or the beginning of the epoch) and the first entry, or `position` where there is
   * none: false where it is of another epoch, not yet reached, or older than what is kept.
   */
  readonly complete: boolean;
}

/** One publication that was kept. */
export interface HistoryEntry {
  readonly position: string;
  /** What was published; the reader's own. */
  readonly bytes: Uint8Array;
}

/** `starting` until live for the first time, `down` while the carrier does not carry, `closed` for good. */
export type BrokerState = 'starting' | 'live' | 'down' | 'closed';

/** What a broker tells its gateway. */
export interface BrokerListener {
  /**
   * A publication of a wanted (or just now unwanted) channel has arrived.
   * `bytes` belongs to the listener only during the call. `position` is null for what is not kept.
   */
  received(channel: string, bytes: Uint8Array, position: string | null): void;
  /** The state has changed. */
  stateChanged(state: BrokerState): void;
  /** A message went to ourselves through the carrier and back, in seconds. */
  roundTrip(seconds: number): void;
}

/** One message to one channel. */
export interface Publication {
  readonly channel: string;
  /** Opaque to the broker. Not to be changed before it has answered. */
  readonly bytes: Uint8Array;
  /**
   * Makes repetitions harmless: within the broker's idempotency time a second publication to the same channel under
   * the same key publishes nothing and answers what the first one answered; unless that was a position in an epoch that is
   * over since: then it is published anew.
   */
  readonly idempotencyKey?: string | undefined;
  /** Keeps it in the history of its channel; undefined: it is not kept, and has no position. */
  readonly keep?: Keep | undefined;
}

/** What the carrier says of a publication. */
export interface Published {
  /** How many gateways were subscribed to the channel at that moment, the publisher included. */
  readonly gateways: number;
  /** Where the publication stands in its channel; null for what is not kept. */
  readonly position: string | null;
}

/** The carrier cannot be reached; nothing was published. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
}

/** The carrier was asked and did not answer; it may or may not have published. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** Whether the carrier is to blame, and time heals it: `BrokerUnavailable` or `OutcomeUnknown`. */
export function isBrokerFailure(error: unknown): error is BrokerUnavailable | OutcomeUnknown {
  return error instanceof BrokerUnavailable || error instanceof OutcomeUnknown;
}

/** An idempotency key was used again with other bytes. */
export class IdempotencyConflict extends Error {
  override readonly name = 'IdempotencyConflict';
}

/** The carrier has no memory left to keep a publication, which was not published either. */
export class HistoryFull extends Error {
  override readonly name = 'HistoryFull';
}
