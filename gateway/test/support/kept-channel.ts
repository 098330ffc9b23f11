import {
  type Broker,
  BrokerUnavailable,
  type History,
  type HistoryRequest,
  type Publication,
  type Published,
} from '../../src/broker/broker.js';

/** A reading that has not been answered. */
interface Reading {
  readonly request: HistoryRequest;
  /** What it sees, once the carrier has come to it. */
  history: History | undefined;
  resolve(history: History): void;
  reject(error: Error): void;
}

/**
 * A broker that keeps the last few publications of its one channel. What arrives, when, and whether at all is up to the test,
 * as is when a reading is carried out and when it is answered.
 */
export class KeptChannel implements Broker {
  readonly state = 'live';
  /** What was published and has neither arrived nor been lost. */
  readonly underWay: { bytes: Uint8Array; position: string | null }[] = [];
  readonly readings: Reading[] = [];
  readonly #size: number;
  #entries: History['entries'] = [];
  #epoch = 1;
  #offset = 0;

  /** @param size how many publications are kept */
  constructor(size: number) {
    this.#size = size;
  }

  get position(): string {
    return `${this.#epoch}-${this.#offset}`;
  }

  async start(): Promise<void> {}
  async subscribe(_channel: string): Promise<void> {}
  unsubscribe(_channel: string): void {}
  async close(): Promise<void> {}

  async publish({ bytes, keep }: Publication): Promise<Published> {
    if (keep !== undefined) this.#offset++;
    const position = keep === undefined ? null : this.position;
    if (position !== null) this.#entries = [...this.#entries, { position, bytes }].slice(-this.#size);
    this.underWay.push({ bytes, position });
    return { gateways: 1, position };
  }

  /** As a Redis does that begins without data. */
  beginAnew(): void {
    [this.#epoch, this.#offset, this.#entries] = [this.#epoch + 1, 0, []];
  }

  read(request: HistoryRequest): Promise<History> {
    return new Promise((resolve, reject) => {
      this.readings.push({ request, history: undefined, resolve, reject });
    });
  }

  /** Carries out the first reading that was not carried out. */
  serve(): void {
    const reading = this.readings.find(({ history }) => history === undefined);
    if (reading !== undefined) reading.history = this.#look(reading.request);
  }

  /** Answers the first reading, which is carried out now if it was not. */
  answer(): void {
    const reading = this.readings.shift();
    reading?.resolve(reading.history ?? this.#look(reading.request));
  }

  /** Refuses the first reading. */
  refuse(): void {
    this.readings.shift()?.reject(new BrokerUnavailable('not now'));
  }

  #look({ after, limit }: HistoryRequest): History {
    const [epoch, offset] = (after ?? `${this.#epoch}-0`).split('-').map(Number) as [number, number];
    const oldest = this.#offset - this.#entries.length;
    const complete = epoch === this.#epoch && offset >= oldest && offset <= this.#offset;
    const entries = complete ? this.#entries.slice(offset - oldest) : this.#entries;
    return { position: this.position, entries: entries.slice(0, limit), complete };
  }
}
