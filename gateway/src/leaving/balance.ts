import { beatInterval, type RosterEntry } from '../broker/registry.js';

/** How far above the mean a gateway may be, as a part of the mean. */
export const tolerance = 0.1;

/** Fewer tabs than this above the mean are not worth a move. */
export const leastTolerance = 10;

/** Which part of its tabs a gateway sheds per second at most. */
const fastest = 0.005;

/** How long the roster must have been the same, in ms: new gateways have to be found by load balancers first. */
const quietTime = 30_000;

/** This part of its tabs, and so many at least, a gateway sheds before it asks whether that helps. */
const trial = { part: 0.1, least: 50 };

/**
 * Of so many tabs that were shed at least one must have made the cluster more even, or shedding does not help. Chance
 * does better: where one empty gateway joins nine, one tab in ten finds it.
 */
const leastYield = 20;

/** After this time it is tried anew, in ms. */
const trialTime = 3_600_000;

/** What a gateway knows at a beat. */
export interface Census {
  /** In ms. */
  readonly now: number;
  /** Id of this gateway. */
  readonly gateway: string;
  /** Tabs here. */
  readonly tabs: number;
  /** Of these, those that have been told to go. */
  readonly told: number;
  readonly roster: readonly RosterEntry[];
}

/**
 * Decides how many tabs a gateway gives away after others have joined: connections never move by themselves, so new
 * gateways would stay empty.
 *
 * Where a tab goes is up to the load balancer, and it may well come back. But only gateways above the tolerance shed, so
 * on average each move brings the cluster closer together, and when all are within the tolerance nothing moves any more.
 * That fails where the load balancer brings everyone back (by address, say), so it is watched whether shedding helps.
 */
export class Balance {
  #members = '';
  #changed = 0;
  #asked = 0;
  /** Tabs that the rate allows, with fractions. */
  #credit = 0;
  /** What has come of shedding; undefined while there was no reason to. */
  #attempt: { readonly since: number; readonly unevenness: number; shed: number } | undefined;

  /** How many tabs to shed now. To be asked at every beat. */
  decide(census: Census): number {
    const { now, tabs, roster } = census;
    const elapsed = Math.min(2 * beatInterval, now - this.#asked);
    this.#asked = now;
    this.#noteChanges(roster, now);
    const excess = excessOf(census);
    if (excess <= 0 || !this.#isQuiet(roster, now) || this.#isInVain(census)) return 0;
    this.#attempt ??= { since: now, unevenness: unevennessOf(census), shed: 0 };
    this.#credit += (elapsed / 1000) * fastest * tabs;
    const count = Math.min(Math.floor(this.#credit), excess);
    this.#credit %= 1;
    this.#attempt.shed += count;
    return count;
  }

  #noteChanges(roster: readonly RosterEntry[], now: number): void {
    const members = roster.map(({ gateway }) => gateway).join();
    if (members !== this.#members) {
      this.#members = members;
      this.#changed = now;
      this.#attempt = undefined;
    } else if (this.#attempt !== undefined && now - this.#attempt.since >= trialTime)
      this.#attempt = undefined;
  }

  /** One that drains sends its tabs to the others, whose numbers then say nothing. */
  #isQuiet(roster: readonly RosterEntry[], now: number): boolean {
    return now - this.#changed >= quietTime && roster.every(({ state }) => state === 'ready');
  }

  #isInVain(census: Census): boolean {
    if (this.#attempt === undefined) return false;
    const { unevenness, shed } = this.#attempt;
    if (shed < Math.max(trial.least, trial.part * census.tabs)) return false;
    return (unevenness - unevennessOf(census)) * leastYield < shed;
  }
}

/** How many tabs a gateway has above what is tolerated, when those have gone that were told. */
function excessOf({ gateway, tabs, told, roster }: Census): number {
  const mean = meanOf(countsOf(roster, gateway, tabs - told));
  return Math.floor(tabs - told - mean - Math.max(leastTolerance, mean * tolerance));
}

/** How many tabs are on gateways above the mean that would have to be on those below. */
function unevennessOf({ gateway, tabs, roster }: Census): number {
  const counts = countsOf(roster, gateway, tabs);
  const mean = meanOf(counts);
  return counts.reduce((sum, count) => sum + Math.max(0, count - mean), 0);
}

/** Of itself a gateway knows better than the roster, which is a beat old. */
function countsOf(roster: readonly RosterEntry[], gateway: string, own: number): number[] {
  return [own, ...roster.filter((entry) => entry.gateway !== gateway).map(({ tabs }) => tabs)];
}

function meanOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0) / counts.length;
}
