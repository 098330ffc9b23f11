import type { Broker, History, HistoryRequest } from '../broker/broker.js';

/**
 * Reads history once for all who ask for the same while the answer is on its way: when a gateway has died, thousands of tabs
 * come to another one and ask what they have missed of `all`.
 */
export class SharedReads implements Pick<Broker, 'read'> {
  readonly #broker: Pick<Broker, 'read'>;
  readonly #underWay = new Map<string, Promise<History>>();

  constructor(broker: Pick<Broker, 'read'>) {
    this.#broker = broker;
  }

  /**
   * As Broker.read, but for one thing: what was published shortly before asking may be missing from the answer, as if it had
   * been asked for a little earlier.
   */
  read(request: HistoryRequest): Promise<History> {
    const key = JSON.stringify([request.channel, request.after, request.limit]);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const reading = this.#broker.read(request).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reading);
    return reading;
  }
}
