import { Allowance, flowsOf, type TabFlows, type TabLimit, type TabRates } from '../limits/allowance.js';
import type { Counters, Limit } from '../metrics/counters.js';
import type { Connection } from './connection.js';

/** What has to be known here of a tab, or of a socket that tabs share. */
export interface LimitedTab {
  /** Undefined until it sends: most tabs only listen, and then this costs nothing. */
  allowance: Allowance | undefined;
  readonly socket: Connection;
}

export interface RateLimitRules {
  readonly rates: TabRates;
  /** Groups that a tab may be in at once, whatever put it into them. */
  readonly maxGroups: number;
  /** Whether these limits are only counted. */
  readonly limitsDryRun: boolean;
  readonly counters: Counters;
  /** A steady clock in ms. */
  readonly now: () => number;
}

const units: Readonly<Record<TabLimit, string>> = { messages: 'frames', bytes: 'bytes', joins: 'joins' };

/** How much one tab may ask of a gateway. */
export class RateLimits {
  #rules: RateLimitRules;
  readonly #flows: TabFlows;

  constructor(rules: RateLimitRules) {
    this.#rules = rules;
    this.#flows = flowsOf(rules.rates);
  }

  /** Other rules from now on, for the tabs that are there too. */
  renew(rules: RateLimitRules): void {
    this.#rules = rules;
    Object.assign(this.#flows, flowsOf(rules.rates));
  }

  /** Takes off what a tab may send. Undefined when it may; else the limit that is in the way, as a sentence. */
  exceeded(tab: LimitedTab, limit: TabLimit, count: number): string | undefined {
    const flow = this.#flows[limit];
    if (flow === undefined) return undefined;
    tab.allowance ??= new Allowance(this.#flows);
    if (tab.allowance.take(limit, count, this.#rules.now()) || !this.#matters(limit)) return undefined;
    return `At most ${flow.rate} ${units[limit]} a second, and ${flow.burst} at once after a pause`;
  }

  /** A tab was told that it exceeds a limit; one that has been told for too long is closed. */
  told(tab: LimitedTab): void {
    if (tab.allowance?.refused(this.#rules.now())) tab.socket.close(4009);
  }

  /** Undefined when a tab may be in as many groups; else the limit as a sentence. */
  tooManyGroups(count: number): string | undefined {
    const { maxGroups } = this.#rules;
    if (count <= maxGroups || !this.#matters('groups')) return undefined;
    return `A tab may be in at most ${maxGroups} groups`;
  }

  /** Counts that a limit was hit, and says whether it refuses. */
  #matters(limit: Limit): boolean {
    this.#rules.counters.limitsHit[limit]++;
    return !this.#rules.limitsDryRun;
  }
}
