import { Bucket, type Flow } from './bucket.js';

/** How much one tab may send in a second; 0: any amount. */
export interface TabRates {
  readonly messages: number;
  readonly bytes: number;
  /** Groups entered. */
  readonly joins: number;
}

export type TabLimit = keyof TabRates;

/** What may come at once after a pause, in seconds' worth: a page that loads is no flood. */
const burst = 4;

/** How long a tab may run into its limits again and again, in ms. Its client needs time to hear of it and to slow down. */
const patience = 5000;

/** A pause of this length between two refusals makes a new start, in ms. */
const calm = 2000;

/** Refusals that end the patience early. */
const maxRefusals = 1000;

/** The flow of each limit; undefined where there is none. */
export type TabFlows = Readonly<Record<TabLimit, Flow | undefined>>;

export function flowsOf({ messages, bytes, joins }: TabRates): TabFlows {
  return { messages: flowOf(messages), bytes: flowOf(bytes), joins: flowOf(joins) };
}

function flowOf(rate: number): Flow | undefined {
  return rate === 0 ? undefined : { rate, burst: rate * burst };
}

/** What one tab may still send. It owns no timer: the time is passed in, in ms of a steady clock. */
export class Allowance {
  readonly #flows: TabFlows;
  readonly #buckets = new Map<TabLimit, Bucket>();
  #refusals = 0;
  #firstRefusal = 0;
  #lastRefusal = Number.NEGATIVE_INFINITY;

  constructor(flows: TabFlows) {
    this.#flows = flows;
  }

  /** Takes off what is to be sent, and says whether it may be. */
  take(limit: TabLimit, count: number, now: number): boolean {
    const flow = this.#flows[limit];
    if (flow === undefined) return true;
    let bucket = this.#buckets.get(limit);
    // A reload has changed the flow.
    if (bucket?.flow !== flow) bucket = new Bucket(flow, now);
    this.#buckets.set(limit, bucket);
    return bucket.take(count, now);
  }

  /** Notes that something was refused, and says whether this has been going on for too long. */
  refused(now: number): boolean {
    if (now - this.#lastRefusal > calm) [this.#firstRefusal, this.#refusals] = [now, 0];
    this.#lastRefusal = now;
    this.#refusals++;
    return this.#refusals >= maxRefusals || now - this.#firstRefusal >= patience;
  }
}
