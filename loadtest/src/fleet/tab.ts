import { randomBytes } from 'node:crypto';
import { isIPv6, type Socket } from 'node:net';
import { dial, type Route } from './dial.js';
import type { Dialect } from './dialect.js';
import { clientFrame, FrameParser, opcodes } from './frames.js';
import { checkUpgrade, type Upgrade, upgradeRequest } from './handshake.js';
import type { TabPlan } from './plan.js';

const maxHeadBytes = 16 * 1024;
const headEnd = '\r\n\r\n';
const noClose = 1005; // RFC 6455 §7.1.5: the connection ended without a code

/** A frame's payload, `bytes` from `start` up to `end`: the receiver's only during the call. */
export type Received = (bytes: Uint8Array, start: number, end: number) => void;

/** Where a tab connects, and who listens to it. */
export interface TabOptions extends Pick<TabPlan, 'path' | 'protocols' | 'headers'>, Route {
  readonly dialect: Dialect;
  /** What it says as soon as the socket is open, a text frame each. */
  readonly greeting?: readonly string[];
  /** How long connecting and the welcome may take together, ms. */
  readonly deadline: number;
  /** The frame that is the welcome. */
  readonly welcomed?: Received;
  /** Every other text or binary frame, those before the welcome too. */
  readonly received?: Received;
  /** The connection has ended after the welcome; `code` is the server's close code, or 1005 without one. */
  readonly closed?: (code: number) => void;
}

/** One raw tab: a WebSocket client on a bare socket, as cheap as Node allows. It connects at once. */
export class Tab {
  /**
   * Resolves when the tab is in its channels, as the dialect says.
   * Rejects when the server refuses, closes before the welcome, or takes longer than the deadline.
   */
  readonly opened: Promise<void>;

  readonly #options: TabOptions;
  readonly #upgrade: Upgrade;
  readonly #parser = new FrameParser((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end));
  readonly #socket: Socket;
  readonly #deadline: NodeJS.Timeout;
  #open!: () => void;
  #refuse!: (reason: Error) => void;
  #state: 'upgrading' | 'waiting' | 'welcomed' | 'ended' = 'upgrading';
  #head = '';
  #closeCode: number = noClose;
  #failure: Error | undefined;
  /** Frames that come before the tab is in its channels. */
  #unwelcomed: number;

  constructor(options: TabOptions) {
    const { host, port, path, protocols, headers, dialect, deadline } = options;
    this.#options = options;
    this.#unwelcomed = dialect.welcomeFrames ?? 1;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    const key = randomBytes(16).toString('base64');
    this.#upgrade = { path, host: hostHeader(host, port), key, protocols, ...(headers && { headers }) };
    this.#socket = dial(options, {
      connected: () => this.#socket.write(upgradeRequest(this.#upgrade)),
      read: (bytes, length) => this.#read(bytes, length),
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#ended());
    this.#deadline = setTimeout(() => this.#fail(new Error(`no welcome within ${deadline} ms`)), deadline);
  }

  /** Sends a text frame. */
  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  /** Hangs up without a word. */
  drop(): void {
    this.#fail(new Error('dropped'));
  }

  /** Leaves what arrives to the kernel, which makes the server wait when it has enough of it. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#socket.resume();
  }

  #read(bytes: Uint8Array, length: number): void {
    try {
      if (this.#state === 'upgrading') this.#readHead(bytes, length);
      else if (this.#state !== 'ended') this.#parser.push(bytes, length);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #readHead(bytes: Uint8Array, length: number): void {
    const before = this.#head.length;
    this.#head += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    const end = this.#head.indexOf(headEnd);
    if (end === -1) {
      if (this.#head.length > maxHeadBytes)
        throw new Error(`an upgrade answer of more than ${maxHeadBytes} bytes`);
      return;
    }
    const problem = checkUpgrade(this.#head.slice(0, end), this.#upgrade);
    if (problem !== undefined) throw new Error(problem);
    this.#head = '';
    this.#state = 'waiting';
    for (const text of this.#options.greeting ?? []) this.send(text);
    if (this.#unwelcomed === 0) this.#welcome();
    this.#parser.push(bytes.subarray(end + headEnd.length - before, length));
  }

  #frame(opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (opcode === opcodes.ping) this.#write(opcodes.pong, bytes.subarray(start, end));
    else if (opcode === opcodes.close) this.#closing(bytes, start, end);
    else if (opcode !== opcodes.pong) this.#data(bytes, start, end);
  }

  #data(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isPing(bytes, start, end)) this.send(this.#options.dialect.pong!);
    else if (this.#state === 'welcomed' || --this.#unwelcomed > 0)
      this.#options.received?.(bytes, start, end);
    else {
      this.#options.welcomed?.(bytes, start, end);
      this.#welcome();
    }
  }

  #isPing(bytes: Uint8Array, start: number, end: number): boolean {
    const { ping } = this.#options.dialect;
    if (ping === undefined || end - start !== ping.length) return false;
    for (let at = 0; at < ping.length; at++) if (bytes[start + at] !== ping.charCodeAt(at)) return false;
    return true;
  }

  #welcome(): void {
    this.#state = 'welcomed';
    clearTimeout(this.#deadline);
    this.#open();
  }

  /** RFC 6455 §5.5.1: the answer to a close frame is a close frame. */
  #closing(bytes: Uint8Array, start: number, end: number): void {
    if (end - start >= 2) this.#closeCode = bytes[start]! * 0x100 + bytes[start + 1]!;
    this.#write(opcodes.close, bytes.subarray(start, Math.min(start + 2, end)));
    this.#socket.end();
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(clientFrame(opcode, payload, randomBytes(4)));
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    this.#socket.destroy();
  }

  #ended(): void {
    const welcomed = this.#state === 'welcomed';
    this.#state = 'ended';
    clearTimeout(this.#deadline);
    if (welcomed) this.#options.closed?.(this.#closeCode);
    else this.#refuse(this.#failure ?? new Error(`closed with ${this.#closeCode} before the welcome`));
  }
}

/** RFC 3986 §3.2.2: an IPv6 address stands in brackets. */
function hostHeader(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
