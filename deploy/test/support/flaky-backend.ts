import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What a webhook may be, as far as it matters here. */
interface Webhook {
  readonly type: string;
  readonly data: { readonly action?: string };
}

/** How it answers an action of this name; everything else with 200. */
const failing: Readonly<Record<string, number>> = { fail: 500 };

/** A backend that answers nearly everything: the action `fail` breaks it, and it knows no visitor without a token. */
export class FlakyBackend {
  readonly #server: Server;

  static async start(): Promise<FlakyBackend> {
    const server = createServer(async (request, response) => {
      const { type, data } = (await json(request)) as Webhook;
      const status = type === 'connect' ? 401 : (failing[data.action ?? ''] ?? 200);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new FlakyBackend(server);
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }
}
