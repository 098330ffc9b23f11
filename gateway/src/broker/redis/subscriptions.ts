import { ReplyError } from 'ioredis';
import { type Batch, Interest } from './interest.js';

/** How long a channel stays subscribed after its last tab left, in ms: a reload of a page must not flap. */
const linger = 1000;
/** Longest pause before a refused subscription is tried again, in ms. */
const longestPause = 1000;

/** What subscriptions ask of whoever has them. */
export interface SubscriptionEvents {
  /** Sends a command to Redis; rejects as ioredis does. */
  send(batch: Batch): Promise<unknown>;
  /** Got ahead on the way to be subscribed. */
  progressed(): void;
  /** `subscribed` may have changed. */
  changed(): void;
  /** Redis has refused a command, which will be tried again. */
  refused(error: Error): void;
}

/** Keeps what Redis has subscribed on one connection, or of one slot there, in step with what is wanted. */
export class Subscriptions {
  readonly #events: SubscriptionEvents;
  readonly #interest = new Interest(linger);
  /** Counts connections, so that the answer to a command of an earlier one is known as such; see `lose`. */
  #epoch = 0;
  #ready = false;
  #subscribed = false;
  #refusals = 0;
  #pausing = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(events: SubscriptionEvents) {
    this.#events = events;
  }

  /** Since there is a connection, everything wanted was confirmed once, and nothing is refused. */
  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** As Interest.channelOf. */
  channelOf(name: string): string | undefined {
    return this.#interest.channelOf(name);
  }

  /** As Interest.want. */
  want(name: string, channel: string | undefined): Promise<void> {
    const confirmed = this.#interest.want(name, channel);
    this.#soon();
    return confirmed;
  }

  /** As Interest.unwant. */
  unwant(name: string): void {
    this.#interest.unwant(name, performance.now());
    this.#soon();
  }

  /** There is a connection, on which nothing is subscribed. */
  begin(): void {
    this.#ready = true;
    this.#events.progressed();
    this.#flush();
  }

  /** The connection is of no use any more, and every subscription is lost. */
  lose(): void {
    if (!this.#ready) return;
    this.#epoch++;
    this.#ready = false;
    this.#refusals = 0;
    this.#cancel();
    this.#interest.lose();
    this.#setSubscribed(false);
  }

  /** Whoever waits is rejected, now and from now on. */
  close(reason: Error): void {
    this.lose();
    this.#interest.close(reason);
  }

  /** One flush for all that is wanted and unwanted until the event loop turns. A pause after a refusal goes on. */
  #soon(): void {
    if (!this.#ready || this.#pausing) return;
    this.#immediate ??= setImmediate(() => this.#flush());
  }

  #later(pause: number): void {
    this.#timer = setTimeout(() => this.#flush(), pause);
  }

  #cancel(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#pausing = false;
  }

  #flush(): void {
    this.#cancel();
    if (!this.#ready) return;
    const batch = this.#interest.next(performance.now());
    if (batch !== undefined) this.#send(batch);
    else this.#rest();
  }

  #rest(): void {
    const { complete, due } = this.#interest;
    if (complete) this.#setSubscribed(true);
    if (due !== undefined) this.#later(Math.max(due - performance.now(), 1));
  }

  #send(batch: Batch): void {
    const epoch = this.#epoch;
    this.#events.send(batch).then(
      () => epoch === this.#epoch && this.#confirm(),
      (error) => epoch === this.#epoch && this.#refuse(batch.verb, error),
    );
  }

  #confirm(): void {
    this.#refusals = 0;
    this.#interest.confirm(performance.now());
    if (!this.#subscribed) this.#events.progressed();
    this.#soon();
  }

  #refuse(verb: Batch['verb'], error: Error): void {
    // Any other error means that the connection is lost, and a close event follows.
    if (!(error instanceof ReplyError)) return;
    this.#interest.refuse(performance.now());
    if (verb === 'subscribe') this.#setSubscribed(false);
    if (!this.#subscribed) this.#events.progressed();
    this.#refusals++;
    this.#pausing = true;
    this.#later(Math.min(50 * 2 ** this.#refusals, longestPause));
    this.#events.refused(error);
  }

  #setSubscribed(subscribed: boolean): void {
    if (subscribed === this.#subscribed) return;
    this.#subscribed = subscribed;
    this.#events.changed();
  }
}
