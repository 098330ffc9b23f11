import { type ChildProcess, fork } from 'node:child_process';
import { type Answer, type Asked, answerTo, type Procedures, type Question, Questions } from './questions.js';

/**
 * A child process that answers questions. Processes, because one of Node cannot hold and count all tabs: it has one core and a
 * limit of file descriptors.
 */
export class Worker<T> implements Asked<T> {
  readonly #child: ChildProcess;
  readonly #questions: Questions;

  /** @param module compiled module that calls `serve` */
  constructor(module: URL) {
    this.#child = fork(module, { serialization: 'advanced', detached: true });
    this.#questions = new Questions((question) => this.#child.send(question));
    const end = (reason: string) => this.#questions.end(`${module.pathname.split('/').at(-1)} ${reason}`);
    this.#child.on('message', (answer: Answer) => this.#questions.answered(answer));
    this.#child.on('exit', (code, signal) => end(`has exited with ${signal ?? code}`));
    // Of a child that has just been killed 'exit' tells more, and follows; of one that was never there it does not.
    this.#child.on('error', (error) => this.#child.pid === undefined && end(error.message));
  }

  ask<K extends keyof T & string>(
    method: K,
    ...args: Parameters<Procedures<T>[K]>
  ): Promise<Awaited<ReturnType<Procedures<T>[K]>>> {
    return this.#questions.ask(method, args) as Promise<Awaited<ReturnType<Procedures<T>[K]>>>;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The answering end: serves the methods of an object to the parent process, and exits with it. */
export function serve(object: object): void {
  process.on('message', async (question: Question) => {
    // Without a callback an answer to nobody would be an 'error' event.
    process.send!(await answerTo(object, question), undefined, undefined, () => {});
  });
  process.on('disconnect', () => process.exit());
}
