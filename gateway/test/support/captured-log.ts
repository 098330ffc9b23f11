import { EventEmitter, once } from 'node:events';
import { type Logger, pino } from 'pino';

/** A log whose lines a test can read and wait for. */
export class CapturedLog {
  readonly log: Logger;
  readonly lines: string[] = [];
  readonly #written = new EventEmitter();

  constructor() {
    this.log = pino(
      { level: 'trace' },
      {
        write: (line: string) => {
          this.lines.push(line);
          this.#written.emit('line');
        },
      },
    );
  }

  /** The line with this index, once it has been written. */
  async line(index: number): Promise<string> {
    while (this.lines.length <= index) await once(this.#written, 'line');
    return this.lines[index]!;
  }
}
