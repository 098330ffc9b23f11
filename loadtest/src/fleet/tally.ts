import { Latencies } from '../books/latency.js';

/** What the pages of a fleet count together; `Reading` says what each figure is. */
export class Tally {
  open = 0;
  reconnects = 0;
  failures = 0;
  unrecovered = 0;
  readonly closes: Record<number, number> = {};
  readonly welcomes = new Latencies();

  /** The server has closed a tab. */
  closed(code: number): void {
    this.closes[code] = (this.closes[code] ?? 0) + 1;
  }
}
