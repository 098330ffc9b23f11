import { createHash, randomBytes } from 'node:crypto';
import { Ended, type HttpAnswer, Wire } from './wire.js';

/**
 * A WebSocket client over a bare socket, written from RFC 6455 and docs/protocol.md alone: nothing of tabcast's own
 * code, and nobody's WebSocket library.
 */

/** What a request may add to, replace in (by the same name) or take away from (undefined) a proper handshake. */
export interface Handshake {
  method?: string;
  path?: string;
  headers?: Record<string, string | undefined>;
}

/** RFC 6455 §5.2. */
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455 §1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Text or bytes, as it was sent. */
export type Message = string | Buffer;

interface Piece {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Asks for a WebSocket and returns what was answered, 101 or not. */
export async function shakeHands(wire: Wire, handshake: Handshake = {}): Promise<HttpAnswer> {
  const { method = 'GET', path = '/ws', headers = {} } = handshake;
  const proper = {
    Host: 'gateway.example',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
  };
  const sent = Object.entries({ ...proper, ...headers }).filter(([, value]) => value !== undefined);
  return wire.ask(
    [`${method} ${path} HTTP/1.1`, ...sent.map(([name, value]) => `${name}: ${value}`)].join('\r\n'),
  );
}

/** The answer to a handshake on a connection of its own, which the gateway has to close when it refuses. */
export async function refusedHandshake(port: number, handshake: Handshake): Promise<HttpAnswer> {
  const wire = await Wire.connect(port);
  const answer = await shakeHands(wire, handshake);
  if (answer.status === 101) wire.end();
  await wire.closed;
  return answer;
}

export class RawClient {
  readonly #wire: Wire;
  /** What the handshake was answered with. */
  readonly answer: HttpAnswer;
  /** Payloads of the pings that came, each of which was answered unless `mute`. */
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  /** Code and reason of the gateway's close frame; undefined when the connection ended without one. */
  readonly closed: Promise<{ code: number; reason: string } | undefined>;
  /** Answers no pings any more. */
  mute = false;
  readonly #messages: Message[] = [];
  #pieces: Piece[] = [];
  #closing = false;
  #over = false;
  #wake = () => {};

  private constructor(wire: Wire, answer: HttpAnswer) {
    this.#wire = wire;
    this.answer = answer;
    this.closed = this.#read().finally(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** Connects, or throws what the gateway answered instead. */
  static async connect(port: number, handshake: Handshake = {}): Promise<RawClient> {
    const wire = await Wire.connect(port);
    const key = randomBytes(16).toString('base64');
    const headers = { ...handshake.headers, 'Sec-WebSocket-Key': key };
    const answer = await shakeHands(wire, { ...handshake, headers });
    const accept = createHash('sha1')
      .update(key + acceptSuffix)
      .digest('base64');
    if (answer.status !== 101 || answer.headers.get('sec-websocket-accept') !== accept)
      throw new Error(`no WebSocket: ${answer.head}\n${answer.body}`);
    return new RawClient(wire, answer);
  }

  /** The next message. Rejects when the connection has ended, or after 15 s. */
  async next(): Promise<Message> {
    while (this.#messages.length === 0) {
      if (this.#over) throw new Error('the connection has ended');
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('waited in vain for a message')), 15_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#messages.shift()!;
  }

  /** The next message, as a frame of tabcast in JSON. */
  async nextFrame(): Promise<{ action: string; details: unknown[]; re?: unknown }> {
    return JSON.parse((await this.next()) as string);
  }

  /** Sends one message in as many fragments as there are parts, with a ping after each but the last (RFC 6455 §5.4). */
  send(...parts: (string | Uint8Array)[]): void {
    const opcode = typeof parts[0] === 'string' ? opcodes.text : opcodes.binary;
    for (const [index, part] of parts.entries()) {
      const final = index === parts.length - 1;
      this.#write(index === 0 ? opcode : opcodes.continuation, part, final);
      if (!final) this.ping(`between ${index} and ${index + 1}`);
    }
  }

  ping(payload: string): void {
    this.#write(opcodes.ping, payload);
  }

  /** Begins the closing handshake (RFC 6455 §7.1.2). */
  close(code: number, reason: string): void {
    this.#closing = true;
    this.#write(opcodes.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#wire.end();
  }

  #write(opcode: number, data: string | Uint8Array, final = true): void {
    const payload = Buffer.from(data);
    const mask = randomBytes(4);
    const masked = payload.map((byte, index) => byte ^ mask[index % 4]!);
    this.#wire.write(Buffer.concat([frameHead(opcode, payload.length, final), mask, masked]));
  }

  async #read(): Promise<{ code: number; reason: string } | undefined> {
    try {
      for (;;) {
        const piece = await readPiece(this.#wire);
        if (piece.opcode === opcodes.close) return await this.#closeFrame(piece.payload);
        this.#take(piece);
      }
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return undefined;
    }
  }

  #take(piece: Piece): void {
    const { opcode, payload } = piece;
    if (opcode === opcodes.ping) this.#answerPing(payload);
    else if (opcode === opcodes.pong) this.pongs.push(payload.toString());
    else this.#takeData(piece);
    this.#wake();
  }

  #takeData(piece: Piece): void {
    this.#pieces.push(piece);
    if (!piece.final) return;
    const payload = Buffer.concat(this.#pieces.map((one) => one.payload));
    this.#messages.push(this.#pieces[0]!.opcode === opcodes.text ? payload.toString() : payload);
    this.#pieces = [];
  }

  #answerPing(payload: Buffer): void {
    this.pings.push(payload.toString());
    if (!this.mute) this.#write(opcodes.pong, payload);
  }

  /** Both sides send a close frame, then the server ends the connection (RFC 6455 §7.1.1). */
  async #closeFrame(payload: Buffer): Promise<{ code: number; reason: string }> {
    if (!this.#closing) this.#write(opcodes.close, payload);
    await this.#wire.closed;
    return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
  }
}

function frameHead(opcode: number, length: number, final: boolean): Buffer {
  const first = (final ? 0x80 : 0) | opcode;
  if (length < 126) return Buffer.from([first, 0x80 | length]);
  if (length < 65_536) return Buffer.from([first, 0x80 | 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head.set([first, 0x80 | 127]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

async function readPiece(wire: Wire): Promise<Piece> {
  const [first, second] = (await wire.take(2)) as unknown as [number, number];
  if ((first & 0x70) !== 0) throw new Error('a reserved bit is set and no extension was agreed upon');
  if ((second & 0x80) !== 0) throw new Error('a server must not mask (RFC 6455 §5.1)');
  const payload = await wire.take(await readLength(wire, second));
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
}

async function readLength(wire: Wire, short: number): Promise<number> {
  if (short === 126) return (await wire.take(2)).readUInt16BE(0);
  return short === 127 ? Number((await wire.take(8)).readBigUInt64BE(0)) : short;
}
