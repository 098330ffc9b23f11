import { write, writeSync } from 'node:fs';

/** How much may wait for a reader, in characters. Lines beyond that are dropped. */
const maxWaiting = 4_000_000;

/** How long to wait before a reader that had no room is tried again, in ms. */
const pause = 50;

/**
 * A file descriptor that log lines go to. A gateway must not stand still because its log is read slowly, nor because
 * nobody reads it any more; it then goes on without. (pino's own destination, sonic-boom 4.2.1, flushes at the exit of
 * the process, and tries that for ever when the reader has gone.)
 */
export class LogOutput {
  readonly #descriptor: number;
  #waiting = '';
  #writing = false;
  #broken = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    process.on('exit', () => this.flushSync());
  }

  write(line: string): void {
    if (this.#broken || this.#waiting.length > maxWaiting) return;
    this.#waiting += line;
    if (!this.#writing) this.#write(this.#take());
  }

  /** Writes what waits, unless the reader does not take it. pino calls it after a fatal line. */
  flushSync(): void {
    let rest = this.#take();
    try {
      while (!this.#broken && rest.length > 0) rest = rest.subarray(writeSync(this.#descriptor, rest));
    } catch {
      this.#broken = true;
    }
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    return bytes;
  }

  #write(bytes: Buffer): void {
    this.#writing = bytes.length > 0;
    if (!this.#writing) return;
    write(this.#descriptor, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(bytes), pause);
      else if (error) this.#broken = true;
      else if (written < bytes.length) this.#write(bytes.subarray(written));
      else this.#write(this.#take());
    });
  }
}
