import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';

/** How the issuer answers: properly, or in one of the ways in which issuers fail. */
export type Behaviour =
  | 'ok'
  | 'error'
  | 'hang'
  | 'garbage'
  | 'huge'
  | 'redirect'
  | 'empty'
  | 'endless'
  | 'drip';

/** An issuer that serves a JSON Web Key Set on this machine. */
export class KeySetServer {
  behaviour: Behaviour = 'ok';
  /** How many requests have arrived. */
  requests = 0;
  /** How many bytes of endless answers were taken, in part perhaps only by buffers on the way. */
  taken = 0;
  readonly #keys: JWK[];
  readonly #server: Server;

  private constructor(keys: JWK[]) {
    this.#keys = keys;
    this.#server = createServer((request, response) => {
      this.requests += 1;
      this.#answer(request.url!, response);
    });
  }

  static async start(...keys: JWK[]): Promise<KeySetServer> {
    const issuer = new KeySetServer(keys);
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }

  /** Waits for the next request to arrive. */
  async asked(): Promise<void> {
    await once(this.#server, 'request');
  }

  /** Replaces the keys, as an issuer does from time to time. */
  rotate(...keys: JWK[]): void {
    this.#keys.splice(0, Infinity, ...keys);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string, response: ServerResponse): void {
    const set = JSON.stringify({ keys: this.#keys });
    // Whoever follows the redirect finds good keys there.
    if (this.behaviour === 'ok' || path === '/elsewhere') response.end(set);
    if (this.behaviour === 'error') response.writeHead(500).end(set);
    if (this.behaviour === 'garbage') response.end(set.slice(0, -1));
    if (this.behaviour === 'empty') response.end('{"keys":[]}');
    if (this.behaviour === 'huge') response.end(' '.repeat(1_048_577) + set);
    if (this.behaviour === 'endless') this.#goOn(response);
    if (this.behaviour === 'drip') drip(response);
    if (this.behaviour === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end();
  }

  /** Writes 100 MB, as long as somebody takes it. */
  #goOn(response: ServerResponse): void {
    const chunk = ' '.repeat(1_000_000);
    const write = (): void => {
      while (this.taken < 100e6 && !response.destroyed) {
        this.taken += chunk.length;
        if (!response.write(chunk)) break;
      }
    };
    response.on('drain', write);
    write();
  }
}

/** Writes a blank now and then. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
}
