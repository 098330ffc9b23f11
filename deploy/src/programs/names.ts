import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { AUTHORITATIVE_ANSWER, decode, encode, type Question } from 'dns-packet';

/** Response codes of RFC 1035 §4.1.1. */
const noError = 0;
const noSuchName = 3;

/** A DNS server (RFC 1035, UDP) that knows a few names, whose addresses can change, as those of Docker's DNS do. */
export class Names {
  readonly #socket: Socket;
  readonly #addresses = new Map<string, readonly string[]>();

  /** Starts one on 127.0.0.1 that knows no name yet. */
  static async start(): Promise<Names> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Names(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => socket.send(this.#answer(query), port, address));
  }

  /** Where it is asked, as `host:port`. */
  get place(): string {
    const { address, port } = this.#socket.address();
    return `${address}:${port}`;
  }

  /**
   * Says which IPv4 addresses a name has from now on.
   * @param addresses with none, there is no such name
   */
  set(name: string, addresses: readonly string[]): void {
    this.#addresses.set(name, addresses);
  }

  stop(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    const { id = 0, questions = [] } = decode(query);
    const addresses = questions.flatMap((question) => this.#addressesFor(question));
    const isKnown = questions.some(({ name }) => (this.#addresses.get(name)?.length ?? 0) > 0);
    return encode({
      type: 'response',
      id,
      flags: AUTHORITATIVE_ANSWER | (isKnown ? noError : noSuchName),
      questions,
      // As Docker's do, they hold for no longer than the answer takes.
      answers: addresses.map((data) => ({ type: 'A', name: questions[0]!.name, ttl: 0, data })),
    });
  }

  /** Of IPv6 there is none. */
  #addressesFor({ type, name }: Question): readonly string[] {
    return type === 'A' ? (this.#addresses.get(name) ?? []) : [];
  }
}
