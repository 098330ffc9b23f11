import type { Frame } from '@tabcast/shared';
import { clientError, TabcastError } from './error.js';
import type { Surroundings } from './surroundings.js';

/** Who waits for a reply. */
interface Waiting {
  readonly action: string;
  readonly cancel: () => void;
  readonly resolve: (details: unknown[]) => void;
  readonly reject: (error: TabcastError) => void;
}

/** Requests that wait for their replies. */
export class Replies {
  readonly #world: Surroundings;
  readonly #late: (id: number) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** @param late called with the id of a request that has waited too long */
  constructor(world: Surroundings, late: (id: number) => void) {
    this.#world = world;
    this.#late = late;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /**
   * Waits for the reply to a frame that is about to be sent.
   * @param id from `nextId`
   * @param timeout in ms
   * @returns the details of the reply; rejects with a TabcastError
   */
  expect(id: number, action: string, timeout: number): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const cancel = this.#world.after(timeout, () => {
        this.#late(id);
        this.fail(id, 408);
      });
      this.#waiting.set(id, { action, cancel, resolve, reject });
    });
  }

  /** Gives a reply to who waits for it, if anyone still does. */
  settle({ action, details, re }: Frame): void {
    const waiting = this.#take(re);
    const [code, message] = details as [number, string];
    if (action === `${waiting?.action}:error`)
      waiting!.reject(new TabcastError(waiting!.action, code, message));
    else waiting?.resolve(details);
  }

  fail(id: number, code: 408 | 413 | 499): void {
    const waiting = this.#take(id);
    waiting?.reject(clientError(waiting.action, code));
  }

  /** The connection is lost, and with it every reply to what was sent. */
  lost(isUnsent: (id: number) => boolean): void {
    for (const id of this.#waiting.keys()) if (!isUnsent(id)) this.fail(id, 499);
  }

  #take(id: unknown): Waiting | undefined {
    const waiting = this.#waiting.get(id as number);
    this.#waiting.delete(id as number);
    waiting?.cancel();
    return waiting;
  }
}
