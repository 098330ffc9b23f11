import type { Answer, ApiRequest } from './answer.js';
import { problem } from './problem.js';

/** One method of one path. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What it does, for the documentation. */
  readonly sentence: string;
  /** Whether an API key is needed. */
  readonly guarded: boolean;
  readonly answer: (request: ApiRequest) => Answer | Promise<Answer>;
}

/** Decides whether a request carries an accepted API key. */
export interface Guard {
  accepts(authorization: string | undefined): boolean;
}

/** Finds the route of a request and answers it. Never throws: what a route throws goes to `failed` and becomes 500. */
export class Router {
  readonly #routes: readonly Route[];
  readonly #guard: Guard;
  readonly #failed: (error: unknown) => void;

  constructor(routes: readonly Route[], guard: Guard, failed: (error: unknown) => void) {
    this.#routes = routes;
    this.#guard = guard;
    this.#failed = failed;
  }

  async answer(request: ApiRequest): Promise<Answer> {
    const atPath = this.#routes.filter(({ path }) => path === request.path);
    if (atPath.length === 0) return problem('not-found', { detail: `No such path: ${request.path}` });
    // HEAD is GET without the body, which the socket leaves out (RFC 9110 §9.3.2).
    const wanted = request.method === 'HEAD' ? 'GET' : request.method;
    const route = atPath.find(({ method }) => method === wanted);
    if (route === undefined) return problem('method-not-allowed', {}, { allow: allowed(atPath) });
    if (route.guarded && !this.#guard.accepts(request.header('authorization')))
      return problem('unauthorized');
    try {
      return await route.answer(request);
    } catch (error) {
      this.#failed(error);
      return problem('internal');
    }
  }
}

function allowed(routes: readonly Route[]): string {
  return routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}
