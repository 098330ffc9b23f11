/** How the clock of another machine stands to ours. */
export interface ClockOffset {
  /** By how much it is ahead, ms. */
  readonly ahead: number;
  /** By how much that may be wrong either way, ms. */
  readonly error: number;
}

/** One question for the time, ms. */
export interface ClockRound {
  /** Our clock when we asked. */
  readonly asked: number;
  /** What the other clock said. */
  readonly told: number;
  /** Our clock when we had the answer. */
  readonly answered: number;
}

/** One and the same clock. */
export const sameClock: ClockOffset = { ahead: 0, error: 0 };

/**
 * The offset after several rounds, at least one. That with the shortest round trip says it best: the other clock was read somewhere in
 * it, so its middle is wrong by half of it at most (F. Cristian, "Probabilistic clock synchronization", 1989).
 */
export function clockOffset(rounds: readonly ClockRound[]): ClockOffset {
  const tripOf = ({ asked, answered }: ClockRound) => answered - asked;
  const best = rounds.reduce((least, round) => (tripOf(round) < tripOf(least) ? round : least));
  return { ahead: best.told - (best.asked + best.answered) / 2, error: tripOf(best) / 2 };
}

/** The clock that all processes of a machine share, ms. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
