import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

const json = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const status = (line: string) => `HTTP/1.1 ${line}\r\ncontent-length: 0\r\n\r\n`;

/** Bytes that are written at once; the connection stays open. */
const writings = {
  ok: json('{"reply":["well"]}'),
  hang: '',
  error: status('500 Internal Server Error'),
  away: status('503 Service Unavailable'),
  unauthorized: status('401 Unauthorized'),
  redirect: status('307 Temporary Redirect\r\nlocation: /elsewhere'),
  'redirect-to-metadata': status('302 Found\r\nlocation: http://169.254.169.254/latest/meta-data/'),
  garbage: json('{"reply":'),
  'not-http': 'SSH-2.0-OpenSSH_9.6\r\n',
  'many-headers': `HTTP/1.1 200 OK\r\n${'x: yyyyyyyyyyyyyyyy\r\n'.repeat(2000)}\r\n`,
  /** Says more than comes. */
  'lies-long': 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}',
  /** A good answer, but for its 10 MB. */
  huge: json(`{"reply":["${' '.repeat(10_000_000)}"]}`),
} as const;

/** A beginning, and then a few bytes again and again, for ever. */
const drippings = {
  'drip-headers': 'HTTP/1.1 200 OK\r\nx: ',
  'drip-body': 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n',
  'drip-continue': 'HTTP/1.1 100 Continue\r\n\r\n',
} as const;

/** How the backend behaves: well, or in one of the ways in which backends fail. */
export type Behaviour = keyof typeof writings | keyof typeof drippings | 'close';

/** A backend of which nothing good can be expected. */
export class HostileBackend {
  /** `as-named`: an action says how by its name, and everything else is well. */
  behaviour: Behaviour | 'as-named' = 'ok';
  /** Bodies of the requests that arrived, in their order. */
  readonly requests: { path: string; id: string; type: string; data: Record<string, unknown> }[] = [];
  /** Most connections that were open at the same time. */
  mostConnections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request) => void this.#answer(request));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {}));
      this.mostConnections = Math.max(this.mostConnections, this.#sockets.size);
    });
  }

  /** @param port 0: any that is free */
  static async start(port = 0): Promise<HostileBackend> {
    const backend = new HostileBackend();
    await once(backend.#server.listen(port, '127.0.0.1'), 'listening');
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Waits for the next request to begin. */
  async asked(): Promise<void> {
    await once(this.#server, 'request');
  }

  async close(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage): Promise<void> {
    const { socket, url: path = '', headers } = request;
    const { type, data } = JSON.parse(await text(request).catch(() => '{}'));
    const behaviour = this.behaviour === 'as-named' ? ((data.action ?? 'ok') as Behaviour) : this.behaviour;
    this.requests.push({ path, id: String(headers['webhook-id']), type, data });
    if (behaviour === 'close') socket.destroy();
    else if (behaviour in drippings) drip(socket, drippings[behaviour as keyof typeof drippings]);
    else socket.write(writings[behaviour as keyof typeof writings]);
    if (behaviour === 'lies-long') socket.end();
    // A response of Node's own would be finished before the next request is read; here the bytes are ours.
    if (behaviour in writings) request.resume();
  }
}

function drip(socket: Socket, beginning: string): void {
  socket.write(beginning);
  const again = beginning.startsWith('HTTP/1.1 100') ? beginning : 'x';
  const timer = setInterval(() => socket.write(again), 20);
  socket.on('close', () => clearInterval(timer));
}
