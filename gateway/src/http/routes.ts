import type { Answer, ApiRequest, RoutedRequest } from './answer.js';
import { type OperationName, operations } from './operations.js';
import { problem } from './problem.js';

/** One method of one path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for one segment that is not empty, percent-encoded in the request. */
  readonly path: string;
  /** What it does, for the documentation. */
  readonly sentence: string;
  /** Whether an API key is needed. */
  readonly guarded: boolean;
  readonly answer: (request: RoutedRequest) => Answer | Promise<Answer>;
}

/** A route of the HTTP API, as the table of operations describes it. */
export function route(name: OperationName, answer: Route['answer']): Route {
  const { method, path, sentence, guarded } = operations[name];
  return { method, path, sentence, guarded, answer };
}

/** Decides whether a request carries an accepted API key. */
export interface Guard {
  accepts(authorization: string | undefined): boolean;
}

/** Finds the route of a request and answers it. Never throws: what a route throws goes to `failed` and becomes 500. */
export class Router {
  /** With a `{name}` in their paths. */
  readonly #patterns: readonly Route[];
  /** The others, by path. */
  readonly #exact = new Map<string, Route[]>();
  readonly #guard: Guard;
  readonly #failed: (error: unknown) => void;

  constructor(routes: readonly Route[], guard: Guard, failed: (error: unknown) => void) {
    this.#patterns = routes.filter(({ path }) => path.includes('{'));
    for (const route of routes)
      if (!route.path.includes('{'))
        this.#exact.set(route.path, [...(this.#exact.get(route.path) ?? []), route]);
    this.#guard = guard;
    this.#failed = failed;
  }

  async answer(request: ApiRequest): Promise<Answer> {
    const atPath = this.#at(request.path);
    if (atPath.length === 0) return problem('not-found', { detail: `No such path: ${request.path}` });
    // HEAD is GET without the body, which the socket leaves out (RFC 9110 §9.3.2).
    const wanted = request.method === 'HEAD' ? 'GET' : request.method;
    const route = atPath.find(({ method }) => method === wanted);
    if (route === undefined) return problem('method-not-allowed', {}, { allow: allowed(atPath) });
    if (route.guarded && !this.#guard.accepts(request.header('authorization')))
      return problem('unauthorized');
    const parameters = match(route.path, request.path)!;
    const wrong = Object.entries(parameters).find(([, value]) => value === undefined);
    if (wrong !== undefined)
      return problem('invalid-field', { field: wrong[0], expected: 'percent-encoded UTF-8' });
    try {
      return await route.answer({ ...request, parameters: parameters as Record<string, string> });
    } catch (error) {
      this.#failed(error);
      return problem('internal');
    }
  }

  #at(requested: string): readonly Route[] {
    const exact = this.#exact.get(requested);
    return exact ?? this.#patterns.filter(({ path }) => match(path, requested) !== undefined);
  }
}

/**
 * The values at the `{name}`s of a path, or undefined when the request is for another one. A value that cannot be decoded
 * is undefined.
 */
function match(path: string, requested: string): Record<string, string | undefined> | undefined {
  if (!path.includes('{')) return path === requested ? {} : undefined;
  const [names, values] = [path.split('/'), requested.split('/')];
  if (names.length !== values.length) return undefined;
  const parameters: Record<string, string | undefined> = {};
  for (const [index, name] of names.entries()) {
    const value = values[index]!;
    if (!name.startsWith('{')) {
      if (name !== value) return undefined;
    } else if (value === '') return undefined;
    else parameters[name.slice(1, -1)] = decode(value);
  }
  return parameters;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function allowed(routes: readonly Route[]): string {
  return routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}
