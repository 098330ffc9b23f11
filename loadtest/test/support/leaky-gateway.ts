import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** What to do with a delivery. */
export type Fate = 'deliver' | 'drop' | 'double';

interface Send {
  readonly to: { readonly user: string };
  readonly details: readonly unknown[];
}

/** Takes tabs and sends as a gateway does, and does not deliver everything once. */
export class LeakyGateway {
  /** Deliveries that it has made, and that it has not. */
  readonly fates: Record<Fate, number> = { deliver: 0, drop: 0, double: 0 };
  readonly #fateOf: (delivery: number) => Fate;
  readonly #tabs = new Map<string, WebSocket[]>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server });
  #deliveries = 0;

  /** @param fateOf decides about a delivery; they are counted from 0 */
  constructor(fateOf: (delivery: number) => Fate) {
    this.#fateOf = fateOf;
    this.#sockets.on('connection', (socket, request) => this.#welcome(socket, request));
  }

  /** Returns the port of tabs and API. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Closes all tabs of a user, as too slow. */
  closeTabsOf(user: string): void {
    for (const tab of this.#tabs.get(user) ?? []) tab.close(4008);
    this.#tabs.delete(user);
  }

  #welcome(socket: WebSocket, request: IncomingMessage): void {
    const token = /bearer\.[^.]+\.([^.]+)/.exec(request.headers['sec-websocket-protocol']!)![1]!;
    const { sub } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { sub: string };
    this.#tabs.set(sub, [...(this.#tabs.get(sub) ?? []), socket]);
    socket.send('{"action":"sys/welcome","details":[]}');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'GET') return void response.end('[]');
    const sends = [JSON.parse(body)].flat() as Send[];
    for (const send of sends) this.#publish(send);
    const receipts = sends.map(({ to }) => ({ [`user:${to.user}`]: { gateways: 1 } }));
    response.end(JSON.stringify(Array.isArray(JSON.parse(body)) ? receipts : receipts[0]));
  }

  #publish({ to, details }: Send): void {
    for (const tab of this.#tabs.get(to.user) ?? []) {
      const fate = this.#fateOf(this.#deliveries++);
      this.fates[fate]++;
      const frame = JSON.stringify({ action: 'load', details });
      if (fate !== 'drop') tab.send(frame);
      if (fate === 'double') tab.send(frame);
    }
  }
}
