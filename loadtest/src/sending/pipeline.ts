import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeText, type Postmark } from '../books/message.js';
import type { PipelineWay } from './plan.js';
import { Replies } from './replies.js';
import type { Way } from './way.js';

/** How long a server may be silent while answers are due, at the end, ms. */
const usualPatience = 10_000;

/**
 * Requests on bare sockets, on schedule and whatever the server does. ioredis takes ten times the CPU per publication here, and
 * it would be missing to the tabs on the same core.
 */
export class Pipeline implements Way {
  readonly #way: PipelineWay;
  readonly #textBytes: number;
  readonly #patience: number;
  readonly #sockets: Socket[] = [];
  /** What each socket gets with the next flush. */
  readonly #texts: string[] = [];
  /** Where connections wait: per socket, the requests that are next, and whether none is under way. */
  readonly #queues: string[][] = [];
  readonly #idle: boolean[] = [];
  readonly #replies: Replies;
  #sent = 0;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(way: PipelineWay, textBytes: number, patience = usualPatience) {
    this.#way = way;
    this.#patience = patience;
    this.#textBytes = textBytes;
    this.#replies = new Replies(way.answers);
  }

  async open(): Promise<void> {
    const { host, port, connections } = this.#way;
    for (let index = 0; index < connections; index++) {
      const socket = connect(port, host).setNoDelay().setEncoding('latin1');
      const replies = this.#replies.stream();
      socket.on('data', (text: string) => {
        const before = this.#replies.count;
        replies.push(text);
        if (this.#way.waits && this.#replies.count > before) this.#next(index);
        this.#wake();
      });
      await once(socket, 'connect');
      socket.on('error', (error) => this.#fail(error));
      socket.on('close', () =>
        this.#fail(
          new Error(`${host}:${port} hung up after ${this.#replies.count} of ${this.#sent} answers`),
        ),
      );
      this.#sockets.push(socket);
      this.#texts.push('');
      this.#queues.push([]);
      this.#idle.push(true);
    }
  }

  take(mark: Postmark): void {
    const { head, tail } = this.#way.wrappings[mark.stream]!;
    const request = head + encodeText(this.#textBytes, mark) + tail;
    const index = mark.stream % this.#sockets.length;
    if (this.#way.waits) this.#queues[index]!.push(request);
    else this.#texts[index] += request;
    this.#sent++;
  }

  /** @throws what has ended the run */
  flush(): void {
    this.#check();
    for (const [index, socket] of this.#sockets.entries()) {
      if (this.#way.waits && this.#idle[index]) this.#next(index);
      if (this.#texts[index] === '') continue;
      socket.write(this.#texts[index]!, 'latin1');
      this.#texts[index] = '';
    }
  }

  /** Resolves when everything is answered; rejects when a message is refused, a connection ends, or no answer comes any more. */
  async settle(): Promise<{ unheard: number }> {
    while (this.#replies.count < this.#sent) {
      this.#check();
      await this.#word();
    }
    this.#check();
    return { unheard: this.#replies.unheard };
  }

  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').destroy();
  }

  /** Resolves with the next that is heard. */
  async #word(): Promise<void> {
    const silence = `has answered ${this.#replies.count} of ${this.#sent} messages, and is silent now`;
    const late = setTimeout(
      () => this.#fail(new Error(`${this.#way.host}:${this.#way.port} ${silence}`)),
      this.#patience,
    );
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(late);
  }

  #next(index: number): void {
    const request = this.#queues[index]!.shift();
    this.#idle[index] = request === undefined;
    if (request !== undefined) this.#sockets[index]!.write(request, 'latin1');
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#replies.refusal !== undefined)
      throw new Error(`a message was refused: ${this.#replies.refusal}`);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}
