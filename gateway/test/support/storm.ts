import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a storm is to do. */
export interface StormOrder {
  readonly port: number;
  readonly tabs: number;
}

/** What has become of its clients. */
export interface StormReport {
  welcomed: number;
  /** Answers with 503. */
  refused: number;
  /** Attempts that ended without an answer. */
  failed: number;
  /** Tabs that were welcomed and closed later. */
  lost: number;
  /** How often each `Retry-After` was said. */
  waits: Record<string, number>;
  /** When it broke loose, ms since the epoch. */
  begun: number;
  lastWelcome: number;
}

/** Many clients that want to connect at the same moment. */
export class Storm {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('./storm-process.js', import.meta.url)));

  /** Of the process that all clients are in. */
  get pid(): number {
    return this.#process.pid!;
  }

  /** Resolves when it can break loose. */
  async gather(order: StormOrder): Promise<void> {
    await this.#ask(order);
  }

  begin(): void {
    this.#process.send('begin');
  }

  report(): Promise<StormReport> {
    return this.#ask('report');
  }

  /** All connections are gone. */
  async end(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async #ask(question: StormOrder | string): Promise<StormReport> {
    const answer = once(this.#process, 'message');
    this.#process.send(question);
    const [report] = await answer;
    return report as StormReport;
  }
}
