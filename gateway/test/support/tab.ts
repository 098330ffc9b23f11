import {
  type Former,
  type Frame,
  jsonProtocol,
  msgpackProtocol,
  type Positions,
  resumeProtocol,
  type Welcome,
} from '@tabcast/shared';
import { decodeMsgpack, encodeMsgpack } from '@tabcast/shared/msgpack';
import { WebSocket } from 'ws';
import { signToken } from '../../src/auth/sign.js';
import { secret } from './gateway.js';

export type TabEncoding = 'json' | 'msgpack';

/** How long a tab may hear nothing while a test waits for a frame, in ms. */
const patience = 15_000;

export interface TabOptions {
  /** Undefined: no token in the handshake. */
  token?: string | undefined;
  encoding?: TabEncoding;
  headers?: Record<string, string>;
  /** Where it stood before. */
  resume?: Positions;
  /** Who it was there. */
  former?: Former;
  /** Whether a certificate must be one that Node trusts. */
  rejectUnauthorized?: boolean;
}

/** Signs a token that the gateways of the tests accept. */
export function tokenFor(
  user: string,
  grant: { session?: string; groups?: string[]; join?: string[]; expiresIn?: number } = {},
): Promise<string> {
  return signToken(secret, { user, expiresIn: 600, ...grant });
}

/** A tab over the `ws` package: keeps every frame, and lets a test wait for the next one of an action. */
export class TestTab {
  readonly frames: Frame[] = [];
  readonly encoding: TabEncoding;
  readonly socket: WebSocket;
  /** Resolves when the connection has closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Why the connection could not be made, or broke. */
  #trouble = '';
  #read = 0;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket, encoding: TabEncoding) {
    this.socket = socket;
    this.encoding = encoding;
    socket.on('message', (data: Buffer, isBinary) => this.#received(data, isBinary));
    socket.on('error', ({ message }) => {
      this.#trouble = `: ${message}`;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#trouble += `, code ${code} ${reason}`;
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
  }

  /** Begins to connect; `welcome` or `closed` tell what became of it. */
  static connect(url: string, options: TabOptions = {}): TestTab {
    const { token, encoding = 'json', headers = {}, rejectUnauthorized = true, resume, former } = options;
    const protocols = [encoding === 'json' ? jsonProtocol : msgpackProtocol];
    if (token !== undefined) protocols.push(`bearer.${token}`);
    if (resume !== undefined) protocols.push(resumeProtocol);
    const tab = new TestTab(new WebSocket(url, protocols, { headers, rejectUnauthorized }), encoding);
    const standing = former === undefined ? [resume] : [resume, former];
    if (resume !== undefined) tab.socket.once('open', () => tab.send('sys/resume', standing));
    return tab;
  }

  /** A tab on a socket that speaks JSON and is being opened elsewhere. */
  static over(socket: WebSocket): TestTab {
    return new TestTab(socket, 'json');
  }

  /** Connects as a user and waits for the welcome. */
  static async open(url: string, options: TabOptions): Promise<TestTab> {
    const tab = TestTab.connect(url, options);
    await tab.welcome();
    return tab;
  }

  /** Details of the welcome, once it has come. */
  async welcome(): Promise<Welcome> {
    const frame =
      this.frames.find(({ action }) => action === 'sys/welcome') ?? (await this.next('sys/welcome'));
    return frame.details[0] as Welcome;
  }

  /** Id of this connection. */
  get connection(): string {
    return (this.frames.find(({ action }) => action === 'sys/welcome')!.details[0] as Welcome).connection;
  }

  send(action: string, details: unknown[] = [], id?: string | number): void {
    const frame: Frame = id === undefined ? { action, details } : { action, details, id };
    this.socket.send(this.encoding === 'json' ? JSON.stringify(frame) : encodeMsgpack(frame));
  }

  /**
   * The next frame with this action that no `next` has returned yet. Rejects when the connection closes first, or
   * nothing at all comes for a while.
   */
  async next(action: string): Promise<Frame> {
    for (;;) {
      for (; this.#read < this.frames.length; this.#read++)
        if (this.frames[this.#read]!.action === action) return this.frames[this.#read++]!;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed while waiting for ${action}${this.#trouble}`);
      await this.#change(action);
    }
  }

  /** Closes from the client's side and waits for it. */
  async close(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  #received(data: Buffer, isBinary: boolean): void {
    const frame = isBinary ? decodeMsgpack(data) : JSON.parse(data.toString());
    if (isBinary !== (this.encoding === 'msgpack'))
      throw new Error(`${this.encoding} tab got the other encoding`);
    this.frames.push(frame);
    this.#wake();
  }

  #change(awaited: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${awaited}`)), patience);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
