/** Most commands in one script: nobody else is served by Redis while it runs, some 10 µs for each. */
export const mostTogether = 32;

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Sends items, as many as go in one command. Resolves to the answer to each, or what went wrong with it alone; rejects where something
 * went wrong with all.
 * @param isFollowed another kind of command is sent right after it
 */
export type Send<Item, Answer> = (
  items: readonly Item[],
  isFollowed: boolean,
) => Promise<readonly (Answer | Error)[]>;

/**
 * What is asked for in one turn of the event loop, and leaves together: for ioredis and for Redis a command costs more than
 * what it does.
 */
export class Batch<Item, Answer> {
  readonly #most: number;
  readonly #send: Send<Item, Answer>;
  #waiting: Waiting<Item, Answer>[] = [];

  /**
   * @param most items in one command
   */
  constructor(most: number, send: Send<Item, Answer>) {
    this.#most = most;
    this.#send = send;
  }

  /** Takes an item, which leaves with the next flush. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
    });
  }

  /**
   * Sends what waits: at the end of the turn, and before anything else is sent that must not overtake it.
   * @param isFollowed it is the latter
   */
  flush(isFollowed = false): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += this.#most) {
      const isLast = from + this.#most >= waiting.length;
      // Where each leaves alone, in a cluster, all need the same script, and wait for it in their order.
      this.#sendSome(waiting.slice(from, from + this.#most), isFollowed || (!isLast && this.#most > 1));
    }
  }

  #sendSome(some: readonly Waiting<Item, Answer>[], isFollowed: boolean): void {
    this.#send(
      some.map(({ item }) => item),
      isFollowed,
    ).then(
      (answers) => {
        for (const [index, { resolve, reject }] of some.entries()) {
          const answer = answers[index]!;
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        }
      },
      (error) => {
        for (const { reject } of some) reject(error);
      },
    );
  }
}
