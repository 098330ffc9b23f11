import { setTimeout as pause } from 'node:timers/promises';
import { BrokerUnavailable } from '../../broker.js';
import { redirectionOf } from './redirection.js';

/** Pause before a command that was not taken is sent again, in ms. */
const retryPause = 20;

interface Errand {
  send(): Promise<unknown>;
  resolve(answer: unknown): void;
  reject(reason: unknown): void;
  /** When it was first redirected, in ms of the steady clock. */
  since: number | undefined;
}

/**
 * The commands for one slot. They go out at once; those that their node has sent elsewhere go out again when every one before
 * them has been answered, and those that come meanwhile queue behind: so they keep their order also while the slot moves.
 */
export class Lane {
  readonly #patience: number;
  /** Sent, not answered. */
  #underWay = 0;
  /** Redirected, in the order of their answers, which is that in which they were sent. */
  #redirected: Errand[] = [];
  readonly #queue: Errand[] = [];
  #resending = false;

  /** @param patience how long a redirected command is sent again, in ms */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /**
   * @param send sends the command to whoever has the slot at that moment
   * @returns what `send` does; the failure of the last attempt when nobody takes the command
   */
  run<T>(send: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const errand = { send, resolve, reject, since: undefined } as Errand;
      if (this.#resending) this.#queue.push(errand);
      else this.#send(errand);
    });
  }

  #send(errand: Errand): void {
    this.#underWay++;
    errand
      .send()
      .then(errand.resolve, (error) => this.#fail(errand, error))
      .finally(() => {
        this.#underWay--;
        if (this.#underWay === 0 && this.#redirected.length > 0) void this.#resend();
      });
  }

  #fail(errand: Errand, error: unknown): void {
    const now = performance.now();
    const redirected = redirectionOf(error)?.kind;
    if (redirected === 'moved' || redirected === 'moving') errand.since ??= now;
    // A node that it was sent to may not have been met before: connecting takes a moment.
    const again =
      errand.since !== undefined && error instanceof BrokerUnavailable && now - errand.since < this.#patience;
    if (again) {
      this.#resending = true;
      this.#redirected.push(errand);
    } else errand.reject(error);
  }

  async #resend(): Promise<void> {
    await pause(retryPause);
    const errands = [...this.#redirected, ...this.#queue.splice(0)];
    this.#redirected = [];
    this.#resending = false;
    for (const errand of errands) this.#send(errand);
  }
}
