import type { Figures, Gathered } from '../metrics/together.js';

/** How long each worker may take to tell its figures, in ms. */
const patience = 1000;

/** One whose figures are asked for. */
export interface Asked {
  /** Sends the question; false where there is nobody to answer. */
  ask(question: number): boolean;
  /** What it said last; undefined where it never did. */
  lastReport: Figures | undefined;
}

/** Collects the figures of all workers, and waits for none of them without bound. */
export class Gathering {
  readonly #asked: readonly Asked[];
  readonly #open = new Map<number, (from: Asked, figures: Figures) => void>();
  #questions = 0;

  constructor(asked: readonly Asked[]) {
    this.#asked = asked;
  }

  /** Resolves when all have answered, or after a second with what there is. */
  gather(): Promise<Gathered> {
    const question = ++this.#questions;
    const reports = new Map<Asked, Figures>();
    return new Promise((resolve) => {
      const awaited = this.#asked.filter((one) => one.ask(question));
      const finish = () => {
        clearTimeout(timer);
        this.#open.delete(question);
        const silent = this.#asked.filter((one) => !reports.has(one));
        const stale = silent.map(({ lastReport }) => lastReport).filter((figures) => figures !== undefined);
        resolve({ fresh: [...reports.values()], stale });
      };
      const timer = setTimeout(finish, patience);
      this.#open.set(question, (from, figures) => {
        reports.set(from, figures);
        if (reports.size === awaited.length) finish();
      });
    });
  }

  /** Takes a report. One that comes too late for its question still counts as the last. */
  take(from: Asked, question: number, figures: Figures): void {
    from.lastReport = figures;
    this.#open.get(question)?.(from, figures);
  }
}
