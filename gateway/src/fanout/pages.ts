import { type Broker, type History, OutcomeUnknown } from '../broker/broker.js';

/** Entries that are read at a time, at first. */
const largest = 100;

/** One page of the history of a channel. */
export interface Page extends History {
  /** Whether it holds as many entries as were asked for, so that there may be more. */
  readonly isFull: boolean;
}

/** Reads what a channel has kept, page by page. */
export class Pages {
  readonly #broker: Pick<Broker, 'read'>;
  readonly #channel: string;
  #size = largest;

  constructor(broker: Pick<Broker, 'read'>, channel: string) {
    this.#broker = broker;
    this.#channel = channel;
  }

  /**
   * Reads what comes after a position. A page that does not come in time is asked for again with half as many entries, down to
   * one: a hundred large ones may take longer over a slow link than an answer may take, each time anew.
   * @throws what Broker.read throws
   */
  async after(position: string): Promise<Page> {
    const limit = this.#size;
    try {
      const history = await this.#broker.read({ channel: this.#channel, after: position, limit });
      return { ...history, isFull: history.entries.length === limit };
    } catch (error) {
      if (!(error instanceof OutcomeUnknown) || limit === 1) throw error;
      this.#size = Math.ceil(limit / 2);
      return this.after(position);
    }
  }
}
