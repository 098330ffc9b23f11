/** Methods that a worker answers; arguments and results are plain data. */
export type Procedures<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => R : never;
};

/** A worker, from where its questions come. `T` is the class whose methods it serves. */
export interface Asked<T> {
  /** Calls a method there. Rejects with what it throws, or when the worker has ended. */
  ask<K extends keyof T & string>(
    method: K,
    ...args: Parameters<Procedures<T>[K]>
  ): Promise<Awaited<ReturnType<Procedures<T>[K]>>>;
  /** Ends the worker, its sockets with it. */
  stop(): void;
}

/** A call on its way. */
export interface Question {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What came of it. */
export type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** Questions that wait for their answers, wherever these come from. */
export class Questions {
  readonly #send: (question: Question) => void;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #end: string | undefined;

  constructor(send: (question: Question) => void) {
    this.#send = send;
  }

  ask(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(new Error(this.#end));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, (answer) => {
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.result);
      });
      this.#send({ id, method, args });
    });
  }

  answered(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  /** No more answers will come, and this is why. */
  end(reason: string): void {
    this.#end ??= reason;
    for (const id of this.#waiting.keys()) this.answered({ id, error: reason });
  }
}

/** Calls the method of an object that a question is about. */
export async function answerTo(object: object, { id, method, args }: Question): Promise<Answer> {
  try {
    const methods = object as Record<string, (...args: readonly unknown[]) => unknown>;
    return { id, result: await methods[method]!(...args) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}
