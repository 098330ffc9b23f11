import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** What becomes of a request: it reaches the gateway, or something else happens. */
export type Fate =
  | 'pass'
  /** The gateway does what is asked, and the connection breaks before its answer. */
  | 'lose the answer'
  /** The same, in the midst of the answer. */
  | 'break off'
  | 'hang'
  /** The head of an answer comes, and then nothing. */
  | 'hang after the head'
  /** The head comes after 0.7 s, and the rest after 0.8 s more. */
  | 'dawdle'
  /** The head comes, and then a space now and then, without end. */
  | 'dribble'
  /** Something answers that does not speak HTTP. */
  | 'not HTTP'
  | { status: number; headers?: Record<string, string>; body?: string };

/** A request that has arrived, and when, in ms of `performance.now()`. */
export interface Arrival {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly at: number;
}

/** Stands before the internal port of a gateway and decides about each request in turn; `pass` when it has nothing left. */
export class Meddler {
  readonly arrivals: Arrival[] = [];
  readonly #server: Server;
  readonly #fates: Fate[];
  readonly #gateway: string;

  private constructor(gateway: string, fates: Fate[]) {
    this.#gateway = gateway;
    this.#fates = fates;
    this.#server = createServer((request, response) => this.#meet(request, response));
  }

  /** @param gateway URL of the internal port */
  static async before(gateway: string, ...fates: Fate[]): Promise<Meddler> {
    const meddler = new Meddler(gateway, fates);
    meddler.#server.listen(0, '127.0.0.1').unref();
    await once(meddler.#server, 'listening');
    return meddler;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', headers } = request;
    this.arrivals.push({ url, headers, at: performance.now() });
    const fate = this.#fates.shift() ?? 'pass';
    const body = await text(request);
    if (fate === 'hang') return;
    if (fate === 'hang after the head') {
      response.writeHead(200, { 'content-length': '20' }).flushHeaders();
      return;
    }
    if (fate === 'dawdle') {
      await pause(700);
      response.writeHead(200).flushHeaders();
      await pause(800);
      response.end('{}');
      return;
    }
    if (fate === 'dribble') {
      response.writeHead(200);
      for (; !response.destroyed; await pause(20)) response.write(' ');
      return;
    }
    if (fate === 'not HTTP') {
      request.socket.end('SSH-2.0-OpenSSH\r\n');
      return;
    }
    if (typeof fate === 'object') {
      response.writeHead(fate.status, fate.headers).end(fate.body);
      return;
    }
    await this.#forward(fate, request, body, response);
  }

  async #forward(
    fate: Fate,
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const { method = '', url } = request;
    const asked = ['authorization', 'content-type', 'idempotency-key'].map((name) => [
      name,
      String(request.headers[name] ?? ''),
    ]);
    const headers = Object.fromEntries(asked.filter(([, value]) => value !== ''));
    const answer = await fetch(this.#gateway + url, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body }),
    });
    const said = Buffer.from(await answer.text());
    if (fate === 'lose the answer') response.destroy();
    else {
      response.writeHead(answer.status, { 'content-length': said.length });
      if (fate === 'pass') response.end(said);
      else response.write(said.subarray(0, said.length / 2), () => response.destroy());
    }
  }
}
