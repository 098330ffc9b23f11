/** The requests of one port that wait for their answers. */
export class Requests {
  /** Whether a connection ends with its next answer, so that the client takes its next request elsewhere. */
  closing = false;
  #open = 0;
  #noneLeft = () => {};

  began(): void {
    this.#open++;
  }

  /** It was answered, or nobody waits for the answer any more. */
  ended(): void {
    this.#open--;
    if (this.#open === 0) this.#noneLeft();
  }

  /** Resolves when no request waits for its answer. */
  async answered(): Promise<void> {
    if (this.#open > 0)
      await new Promise<void>((resolve) => {
        this.#noneLeft = resolve;
      });
  }
}
