import { type BrokerListener, type BrokerState, BrokerUnavailable } from '../broker.js';

/**
 * The life of a broker: its state, and who waits for it or is told of it.
 *
 *     starting ──▶ live ◀──▶ down
 *         └─────────┴──────────┴──▶ closed
 */
export class Life {
  readonly #end: (reason: Error) => Promise<void>;
  #state: BrokerState = 'starting';
  #listener: BrokerListener | undefined;
  #started: { resolve: () => void; reject: (reason: Error) => void } | undefined;
  #ended: Promise<void> | undefined;

  /** @param end gives up all connections; whatever waits for them is rejected with the reason */
  constructor(end: (reason: Error) => Promise<void>) {
    this.#end = end;
  }

  get state(): BrokerState {
    return this.#state;
  }

  /** Undefined before the start. */
  get listener(): BrokerListener | undefined {
    return this.#listener;
  }

  /** As Broker.start. @param open begins to connect */
  start(listener: BrokerListener, open: () => void): Promise<void> {
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      open();
    });
  }

  /** Live while publications are carried, and down when they are no more. Returns whether it went down by this. */
  settle(carried: boolean): boolean {
    const falls = !carried && this.#state === 'live';
    if (carried) this.#enter('live');
    if (falls) this.#enter('down');
    return falls;
  }

  /**
   * Redis does not want us; the sentence is for the operator. That ends a start, and only a start: who has been let in once
   * will be let in again when the operator has mended it.
   */
  refuse(sentence: string): void {
    if (this.#state === 'starting') this.#ended ??= this.#close(new Error(sentence));
  }

  /** As Broker.close. */
  close(): Promise<void> {
    this.#ended ??= this.#close(new BrokerUnavailable('the broker was closed'));
    return this.#ended;
  }

  #close(reason: Error): Promise<void> {
    this.#enter('closed');
    this.#started?.reject(reason);
    return this.#end(reason);
  }

  #enter(state: BrokerState): void {
    if (state === this.#state || this.#state === 'closed') return;
    this.#state = state;
    this.#listener?.stateChanged(state);
    if (state === 'live') this.#started?.resolve();
  }
}
