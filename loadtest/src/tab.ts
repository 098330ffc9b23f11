import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, FrameParser, opcodes } from './frames.js';
import { checkUpgrade, type Upgrade, upgradeRequest } from './handshake.js';

/**
 * One memory for the reads of all sockets: the parser is done with it before the callback returns. A Node stream would
 * allocate a buffer per read, and the receiver would be what the test measures.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

const maxHeadBytes = 16 * 1024;
const headEnd = '\r\n\r\n';
const noClose = 1005; // RFC 6455 §7.1.5: the connection ended without a code

/** What one tab asks of a server. */
export interface TabPlan {
  /** Path and query. */
  readonly path: string;
  /** Sub-protocols offered. */
  readonly protocols: readonly string[];
  /** A text frame that it sends before its welcome. */
  readonly first?: string;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a tab connects, and who listens to it. */
export interface TabOptions extends TabPlan {
  readonly host: string;
  readonly port: number;
  /** Source address, one of 127.0.0.0/8; each has ports of its own. */
  readonly localAddress?: string;
  /** How long connecting and the welcome may take together, ms. */
  readonly deadline: number;
  /** Every text or binary frame after the welcome. The bytes are the caller's only during the call. */
  readonly received?: (bytes: Uint8Array, start: number, end: number) => void;
  /** The connection has ended after the welcome; `code` is the server's close code, or 1005 without one. */
  readonly closed?: (code: number) => void;
}

/** One raw tab: a WebSocket client on a bare socket, as cheap as Node allows. */
export class Tab {
  readonly #options: TabOptions;
  readonly #upgrade: Upgrade;
  readonly #parser = new FrameParser((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end));
  readonly #socket: Socket;
  readonly #deadline: NodeJS.Timeout;
  readonly #opened: (tab: Tab) => void;
  readonly #refused: (reason: Error) => void;
  #state: 'upgrading' | 'waiting' | 'welcomed' | 'ended' = 'upgrading';
  #head = '';
  #closeCode: number = noClose;
  #failure: Error | undefined;

  /**
   * Connects, and resolves with the welcome: the first frame of the server.
   * Rejects when the server refuses, closes before the welcome, or takes longer than the deadline.
   */
  static open(options: TabOptions): Promise<Tab> {
    return new Promise((resolve, reject) => {
      new Tab(options, resolve, reject);
    });
  }

  private constructor(options: TabOptions, opened: (tab: Tab) => void, refused: (reason: Error) => void) {
    const { host, port, localAddress, path, protocols, headers } = options;
    this.#options = options;
    this.#opened = opened;
    this.#refused = refused;
    this.#upgrade = {
      path,
      host: `${host}:${port}`,
      key: randomBytes(16).toString('base64'),
      protocols,
      ...(headers && { headers }),
    };
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
      onread: { buffer: readBuffer, callback: (length, bytes) => this.#read(bytes, length) },
    });
    this.#socket.on('connect', () => this.#socket.write(upgradeRequest(this.#upgrade)));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#ended());
    this.#deadline = setTimeout(
      () => this.#fail(new Error(`no welcome within ${options.deadline} ms`)),
      options.deadline,
    );
  }

  /** Text and binary frames received, the welcome included. */
  get frames(): number {
    return this.#parser.frames;
  }

  /** Bytes of their payloads. */
  get payloadBytes(): number {
    return this.#parser.payloadBytes;
  }

  /** Sends a text frame. */
  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  /** Says goodbye with code 1000; `closed` follows when the server has hung up. */
  close(): void {
    this.#write(opcodes.close, Buffer.from([0x03, 0xe8]));
  }

  /** Tells the socket to read on, always. */
  #read(bytes: Uint8Array, length: number): boolean {
    try {
      if (this.#state === 'upgrading') this.#readHead(bytes, length);
      else if (this.#state !== 'ended') this.#parser.push(bytes, length);
    } catch (error) {
      this.#fail(error as Error);
    }
    return true;
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
    if (this.#options.first !== undefined) this.send(this.#options.first);
    this.#parser.push(bytes.subarray(end + headEnd.length - before, length));
  }

  #frame(opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (opcode === opcodes.ping) this.#write(opcodes.pong, bytes.subarray(start, end));
    else if (opcode === opcodes.close) this.#closing(bytes, start, end);
    else if (opcode !== opcodes.pong) this.#data(bytes, start, end);
  }

  #data(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === 'welcomed') {
      this.#options.received?.(bytes, start, end);
    } else {
      this.#state = 'welcomed';
      clearTimeout(this.#deadline);
      this.#opened(this);
    }
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
    else this.#refused(this.#failure ?? new Error(`closed with ${this.#closeCode} before the welcome`));
  }
}
