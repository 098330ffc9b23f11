/**
 * The contract between gateways. A broker carries opaque bytes in channels, from every gateway to every gateway that
 * is subscribed, the sender included: a gateway hears its own publications from the broker too, so there is one path
 * and one order. A broker knows no tabs.
 *
 * Order: publications of one gateway to one channel arrive in the order of the `publish` calls, and every subscriber
 * sees one channel in the same order.
 * Loss: a publication reaches every gateway whose subscription was confirmed before it was published, except while
 * that gateway's `state` is not `live`. History, which will close that gap, belongs behind this contract too,
 * because position, append and publish must be one act.
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
   */
  publish(publication: Publication): Promise<Published>;

  /** Closes the connections. Pending subscriptions reject. Idempotent. */
  close(): Promise<void>;
}

/** `starting` until live for the first time, `down` while the carrier does not carry, `closed` for good. */
export type BrokerState = 'starting' | 'live' | 'down' | 'closed';

/** What a broker tells its gateway. */
export interface BrokerListener {
  /**
   * A publication of a wanted (or just now unwanted) channel has arrived.
   * `bytes` belongs to the listener only during the call. `position` is null for channels without history.
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
  /** Opaque to the broker. */
  readonly bytes: Uint8Array;
  /**
   * Makes repetitions harmless: within the broker's idempotency time a second publication to the same channel under
   * the same key publishes nothing and answers what the first one answered.
   */
  readonly idempotencyKey?: string | undefined;
}

/** What the carrier says of a publication. */
export interface Published {
  /** How many gateways were subscribed to the channel at that moment, the publisher included. */
  readonly gateways: number;
  /** Where the publication stands in its channel; null for channels without history. */
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
