import { type ChildProcess, fork } from 'node:child_process';

/**
 * A child process that answers one question at a time. Processes, because one of Node cannot hold and count all tabs:
 * it has one core and a limit of file descriptors.
 */

/** Methods that a worker answers; arguments and results are copied by structured clone. */
type Procedures<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => R : never;
};

type Answer = { result: unknown } | { error: string };

/** The asking end. `T` is the class whose methods the child serves. */
export class Worker<T> {
  readonly #child: ChildProcess;
  #asked: ((answer: Answer) => void) | undefined;

  /** @param module compiled module that calls `serve` */
  constructor(module: string) {
    this.#child = fork(new URL(module, import.meta.url), { serialization: 'advanced' });
    this.#child.on('message', (answer: Answer) => this.#answered(answer));
    this.#child.on('exit', (code, signal) => {
      this.#answered({ error: `${module} has exited with ${signal ?? code}` });
    });
  }

  /** Calls a method in the child. Rejects with what the child throws, or when it dies. */
  ask<K extends keyof T & string>(
    method: K,
    ...args: Parameters<Procedures<T>[K]>
  ): Promise<Awaited<ReturnType<Procedures<T>[K]>>> {
    if (this.#asked !== undefined) throw new Error(`asked for ${method} before the last answer`);
    return new Promise((resolve, reject) => {
      this.#asked = (answer) => {
        this.#asked = undefined;
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.result as Awaited<ReturnType<Procedures<T>[K]>>);
      };
      this.#child.send({ method, args });
    });
  }

  /** Ends the child, its sockets with it. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #answered(answer: Answer): void {
    this.#asked?.(answer);
  }
}

/** The answering end: serves the methods of an object to the parent process, and exits with it. */
export function serve(object: object): void {
  const methods = object as Record<string, (...args: unknown[]) => unknown>;
  process.on('message', async ({ method, args }: { method: string; args: unknown[] }) => {
    try {
      process.send!({ result: await methods[method]!(...args) });
    } catch (error) {
      process.send!({ error: (error as Error).message });
    }
  });
  process.on('disconnect', () => process.exit());
}
