/** A request as plain values, complete and owned by us. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Raw query string without the question mark. */
  readonly query: string;
  /** A header by its lower-case name; undefined when it is absent. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

/** A request to a route whose path has parameters. */
export interface RoutedRequest extends ApiRequest {
  /** What stands at `{name}` in the path of the route, decoded. Every name of the path has a value. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What to answer. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers with JSON. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Answers with text of a given type. */
export function text(status: number, body: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return { status, headers: { 'content-type': contentType }, body };
}
