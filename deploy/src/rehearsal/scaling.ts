import { setTimeout as sleep } from 'node:timers/promises';
import { Autoscaler, type ScalingSpec } from './autoscaler.js';
import type { Gateways } from './gateways.js';
import { censusOf } from './logbook.js';

/** An autoscaler at work: it asks the gateways how full they are, and starts or stops some. */
export class Scaling {
  readonly #gateways: Gateways;
  readonly #autoscaler: Autoscaler;
  /** s. */
  readonly #period: number;
  /** Gateways that are coming or going. */
  readonly #underway = new Set<Promise<void>>();
  #failure: unknown;

  /** @param period how often it decides, s */
  constructor(gateways: Gateways, spec: ScalingSpec, period: number) {
    this.#gateways = gateways;
    this.#autoscaler = new Autoscaler(spec);
    this.#period = period;
  }

  /** Whether no gateway is coming or going. @throws what has kept one from it */
  get isAtRest(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#underway.size === 0;
  }

  /** Scales while something lasts. Whoever is going then has gone when this resolves. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const end = new AbortController();
    const following = this.#follow(end.signal);
    try {
      return await work();
    } finally {
      end.abort();
      await following;
      await Promise.all(this.#underway);
    }
  }

  async #follow(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      await this.#decide();
      await sleep(this.#period * 1000, undefined, { signal: end }).catch(() => {});
    }
  }

  async #decide(): Promise<void> {
    const replicas = this.#gateways.staying;
    const readings = await Promise.all(replicas.map(async (one) => (await censusOf(one))?.share));
    const wanted = this.#autoscaler.decide(performance.now() / 1000, readings);
    for (let more = replicas.length; more < wanted; more++) this.#start(this.#gateways.add());
    // The youngest first, as a ReplicaSet does.
    for (const one of replicas.slice(wanted)) this.#start(this.#gateways.remove(one));
  }

  #start(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underway.delete(done));
    this.#underway.add(done);
  }
}
