import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { PushFilter } from './push-filter.js';

/** How much of what a client says is remembered, in bytes: enough for the handshake with Redis. */
const openingBytes = 1024;

/** Lays a cable to a port of 127.0.0.1. */
export async function layCable(port: number): Promise<Cable> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Cable(server, port);
}

/** What lies between a client and a server, and what can happen to it. */
export class Cable {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #cut = false;
  #stalled = false;
  #delay = 0;

  constructor(server: Server, port: number) {
    this.#server = server;
    server.on('connection', (client) => {
      if (this.#cut) client.destroy();
      else this.#plug(new Link(client, connect(port, '127.0.0.1'), () => this.#delay));
    });
  }

  /** Where clients connect. */
  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a TCP port');
    return address.port;
  }

  /** Breaks all connections, and every new one at once. */
  cut(): void {
    this.#cut = true;
    for (const link of this.#links) link.destroy();
  }

  /** Undoes `cut`. */
  heal(): void {
    this.#cut = false;
  }

  /** Holds all bytes, in both directions. Nobody is told. */
  stall(): void {
    this.#stalled = true;
    for (const link of this.#links) link.pause();
  }

  /** Undoes `stall`: what was held arrives. */
  resume(): void {
    this.#stalled = false;
    for (const link of this.#links) link.resume();
  }

  /** Lets everything take so much longer in either direction, in ms; 0 ends that. */
  delay(ms: number): void {
    this.#delay = ms;
  }

  /** From now on drops what the server says on those present connections whose client began with these words among others. */
  swallow(words: string): void {
    for (const link of this.#links) if (link.opening.includes(words)) link.swallow();
  }

  /**
   * From now on drops the publications that Redis tells the present subscribers, and lets its answers pass.
   * @param drops of which redis channels; of all where it is left out
   */
  swallowPushes(drops: (name: string) => boolean = () => true): void {
    for (const link of this.#links) if (link.opening.includes(':listen')) link.swallowPushes(drops);
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #plug(link: Link): void {
    this.#links.add(link);
    link.onClose(() => this.#links.delete(link));
    if (this.#stalled) link.pause();
  }
}

class Link {
  /** The first that the client said. */
  opening = '';
  readonly #client: Socket;
  readonly #server: Socket;
  #swallowing = false;
  #filter: PushFilter | undefined;

  constructor(client: Socket, server: Socket, delay: () => number) {
    this.#client = client;
    this.#server = server;
    const [up, down] = [new Pipe(server, delay), new Pipe(client, delay)];
    client.on('data', (bytes) => {
      if (this.opening.length < openingBytes) this.opening += bytes.toString('latin1');
      up.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!this.#swallowing) down.write(this.#filter?.pass(bytes) ?? bytes);
    });
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    for (const socket of [client, server]) {
      socket.on('error', () => this.destroy());
      socket.on('close', () => this.destroy());
    }
  }

  onClose(closed: () => void): void {
    this.#client.on('close', closed);
  }

  pause(): void {
    this.#client.pause();
    this.#server.pause();
  }

  resume(): void {
    this.#client.resume();
    this.#server.resume();
  }

  swallow(): void {
    this.#swallowing = true;
  }

  swallowPushes(drops: (name: string) => boolean): void {
    this.#filter = new PushFilter(drops);
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}

/** One direction of a link: what is written arrives in order, after the delay of the cable. */
class Pipe {
  readonly #to: Socket;
  readonly #delay: () => number;
  readonly #underWay: { readonly bytes: Buffer; readonly due: number }[] = [];

  constructor(to: Socket, delay: () => number) {
    this.#to = to;
    this.#delay = delay;
  }

  write(bytes: Buffer): void {
    const delay = this.#delay();
    if (delay === 0 && this.#underWay.length === 0) this.#to.write(bytes);
    else if (this.#underWay.push({ bytes, due: performance.now() + delay }) === 1) this.#await();
  }

  #await(): void {
    const [next] = this.#underWay;
    if (next === undefined) return;
    setTimeout(
      () => {
        this.#to.write(next.bytes);
        this.#underWay.shift();
        this.#await();
      },
      Math.max(next.due - performance.now(), 0),
    );
  }
}
