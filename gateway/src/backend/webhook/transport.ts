import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { guardedLookup, refusalOfHost } from './address.js';

export interface TransportRules {
  readonly url: string;
  /** ms for the whole of a request. */
  readonly timeout: number;
  /** Most connections at once. */
  readonly concurrency: number;
  /** Longest body of an answer, in bytes. */
  readonly bodyLimit: number;
  readonly privateNetworks: boolean;
}

/** An answer of HTTP, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** No answer. */
export interface Failure {
  /**
   * `slow`: not answered in time, and perhaps carried out. `down`: there was no connection, so nothing happened.
   * `refused`: the connection ended without an answer, or what came is none.
   */
  readonly failed: 'slow' | 'down' | 'refused';
  /** For the log. */
  readonly why: string;
}

/**
 * How long an idle connection is kept, in ms. Shorter than servers do, or a request would now and then go down with a
 * connection that is just being closed; and an action is never repeated.
 */
const keepAlive = 1000;

/** Wait before the second try where a connection was refused, in ms: the backend may just be starting anew. */
const secondTry = 100;

/** POSTs to one URL, and to where it was checked to lead. Follows no redirects. */
export class Transport {
  readonly #pool: Pool;
  readonly #path: string;

  /** @throws {Error} when the host of the URL is an address that is refused */
  constructor({ url, timeout, concurrency, bodyLimit, privateNetworks }: TransportRules) {
    const { origin, pathname, search } = new URL(url);
    const refusal = refusalOfHost(new URL(url), privateNetworks);
    if (refusal !== undefined) throw new Error(`webhook-url: ${refusal}`);
    this.#path = pathname + search;
    this.#pool = new Pool(origin, {
      connections: concurrency,
      keepAliveTimeout: keepAlive,
      keepAliveMaxTimeout: keepAlive,
      maxResponseSize: bodyLimit,
      connect: { lookup: guardedLookup(privateNetworks), timeout },
    });
  }

  /** Sends once; twice only where the first connection was refused, so that nothing can have happened. */
  async post(
    headers: Record<string, string>,
    body: string,
    deadline: AbortSignal,
  ): Promise<Answer | Failure> {
    const request = new Request(headers, body);
    try {
      return await this.#send(request, deadline);
    } catch (error) {
      if (wasRefused(error) && (await passed(secondTry, deadline)))
        return this.#send(request, deadline).catch((again) => request.failure(again, deadline));
      return request.failure(error as Error, deadline);
    }
  }

  /** Ends all connections; requests on their way fail. Idempotent. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #send({ headers, body }: Request, signal: AbortSignal): Promise<Answer> {
    const path = this.#path;
    const answer = await this.#pool.request({ method: 'POST', path, headers, body: body(), signal });
    return { status: answer.statusCode, body: await answer.body.text() };
  }
}

/** A request that knows whether it was sent. */
class Request {
  readonly headers: Record<string, string>;
  /** Gives the bytes of the body. undici asks for them when it has a connection, and not before. */
  readonly body: () => Readable;
  #sent = false;

  constructor(headers: Record<string, string>, text: string) {
    const bytes = Buffer.from(text);
    const sending = () => {
      this.#sent = true;
    };
    this.headers = { ...headers, 'content-length': String(bytes.length) };
    const whenAsked = async function* () {
      sending();
      yield bytes;
    };
    // undici takes anything that can be iterated, which only its documentation says and not its types.
    this.body = () => whenAsked() as unknown as Readable;
  }

  /** What an error of undici means. */
  failure(error: NodeJS.ErrnoException, deadline: AbortSignal): Failure {
    // Where several addresses failed there is a code, but no message.
    const message = deadline.aborted ? 'the time is up' : error.message || error.code;
    if (!this.#sent) return { failed: 'down', why: `there is no connection: ${message}` };
    return { failed: deadline.aborted ? 'slow' : 'refused', why: `there was no answer: ${message}` };
  }
}

/** Waits some ms. Resolves with false when the deadline came first. */
function passed(ms: number, deadline: AbortSignal): Promise<boolean> {
  return pause(ms, true, { signal: deadline }).catch(() => false);
}

/** Only connecting fails this way. */
function wasRefused(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}
