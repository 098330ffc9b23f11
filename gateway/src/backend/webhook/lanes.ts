interface Lane {
  last: Promise<void>;
  length: number;
}

/** Keeps what belongs together in order: in one lane, each waits until the one before has left. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** How many are in a lane, the one whose turn it is included. */
  length(name: string): number {
    return this.#lanes.get(name)?.length ?? 0;
  }

  /** Takes a place at once, and waits for the turn. Resolves with what leaves the lane; to be called in any case. */
  async enter(name: string): Promise<() => void> {
    const lane = this.#lanes.get(name) ?? { last: Promise.resolve(), length: 0 };
    this.#lanes.set(name, lane);
    const before = lane.last;
    let leave = () => {};
    lane.length++;
    lane.last = new Promise((left) => {
      leave = () => {
        if (--lane.length === 0) this.#lanes.delete(name);
        left();
      };
    });
    await before;
    return leave;
  }
}
