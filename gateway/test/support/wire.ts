import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer of HTTP/1.1. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Status line and headers as they came. */
  readonly head: string;
}

/** The connection ended before what was waited for. */
export class Ended extends Error {}

/** A TCP connection to 127.0.0.1 that is read piece by piece, so that a test sees what really crosses it. */
export class Wire {
  readonly #socket: Socket;
  /** Resolves when the connection has ended, however it did. */
  readonly closed: Promise<void>;
  #buffer = Buffer.alloc(0);
  #over = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      this.#wake();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#over = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async connect(port: number): Promise<Wire> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Wire(socket);
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next bytes. Rejects when the connection ends before they are complete. */
  async take(length: number): Promise<Buffer> {
    await this.#until(() => this.#buffer.length >= length);
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  /** Writes a request and reads its answer. Answers to HEAD and those with 304 have no body (RFC 9110 §6.4.1). */
  async ask(request: string, body = ''): Promise<HttpAnswer> {
    this.write(`${request}\r\n\r\n${body}`);
    const head = await this.#takeHead();
    const [statusLine, ...lines] = head.split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const status = Number(statusLine!.split(' ')[1]);
    const isBodiless = request.startsWith('HEAD ') || status === 304;
    const length = isBodiless ? 0 : Number(headers.get('content-length') ?? 0);
    return { status, headers, head, body: (await this.take(length)).toString() };
  }

  end(): void {
    this.#socket.destroy();
  }

  async #takeHead(): Promise<string> {
    await this.#until(() => this.#buffer.includes('\r\n\r\n'));
    const head = await this.take(this.#buffer.indexOf('\r\n\r\n'));
    await this.take(4);
    return head.toString();
  }

  async #until(enough: () => boolean): Promise<void> {
    while (!enough()) {
      if (this.#over) throw new Ended(`the connection ended after "${this.#buffer}"`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
