import type { Answer, ApiRequest } from '../http/answer.js';
import { problem } from '../http/problem.js';
import { Requests } from './requests.js';
import { statusLine } from './status.js';
import { type HttpRequest, type HttpResponse, queryOf } from './uws.js';

/** What answers requests that have arrived completely. Never rejects. */
export interface Answering {
  answer(request: ApiRequest): Promise<Answer>;
}

/**
 * Takes a uWebSockets request apart into plain values, reads its body up to a limit, and writes the answer in one go.
 * Nothing else touches `res` or `req`: `req` is valid only during the callback, `res` only until it was aborted (U11).
 *
 * @param bodyLimit in bytes
 */
export function createExchange(answering: Answering, bodyLimit: number, requests = new Requests()) {
  return (res: HttpResponse, req: HttpRequest): void => {
    const headers = new Map<string, string>();
    req.forEach((name, value) => void headers.set(name, value));
    const [method, path, query] = [req.getMethod().toUpperCase(), req.getUrl(), queryOf(req)];
    const exchange = new Exchange(res, requests, method === 'HEAD');
    exchange.readBody(bodyLimit, (body) => {
      if (body === undefined)
        exchange.write(problem('body-too-large', { expected: `at most ${bodyLimit} bytes` }));
      else
        void answering
          .answer({ method, path, query, header: (name) => headers.get(name), body })
          .then((answer) => exchange.write(answer));
    });
  };
}

class Exchange {
  readonly #res: HttpResponse;
  readonly #requests: Requests;
  readonly #bodiless: boolean;
  #over = false;

  /** @param bodiless whether the answer goes without its body, as HEAD asks (RFC 9110 §9.3.2) */
  constructor(res: HttpResponse, requests: Requests, bodiless: boolean) {
    this.#res = res;
    this.#requests = requests;
    this.#bodiless = bodiless;
    requests.began();
    res.onAborted(() => this.#end());
  }

  /** Collects the body and hands it over once; undefined when it exceeds the limit. */
  readBody(limit: number, done: (body: Buffer | undefined) => void): void {
    const chunks: Buffer[] = [];
    let size = 0;
    this.#res.onData((chunk, isLast) => {
      const before = size;
      size += chunk.byteLength;
      if (size > limit) {
        if (before <= limit) done(undefined);
        return;
      }
      // The chunk is uWebSockets' memory and gone after this call.
      chunks.push(Buffer.from(chunk.slice(0)));
      if (isLast) done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  }

  write({ status, headers, body }: Answer): void {
    if (this.#over) return;
    this.#end();
    const tooLarge = status === 413;
    this.#res.cork(() => {
      this.#res.writeStatus(statusLine(status));
      for (const [name, value] of Object.entries(headers ?? {})) this.#res.writeHeader(name, value);
      // A 304 describes what has not changed, and sends nothing of it (RFC 9110 §15.4.5).
      const bodiless = this.#bodiless || status === 304;
      // After a 413 the rest of the body would still arrive and count as the next request.
      if (bodiless && !tooLarge) this.#endWithoutBody(body ?? '');
      else this.#res.end(body, tooLarge || this.#requests.closing);
    });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#requests.ended();
  }

  /** uWebSockets ends the connection when it is given the length as an argument. */
  #endWithoutBody(body: string): void {
    this.#res.writeHeader('content-length', String(Buffer.byteLength(body)));
    this.#res.endWithoutBody();
  }
}
