import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Something that a gateway always answers, and by what the answer is known. */
export interface Signal {
  readonly bytes: Uint8Array;
  readonly echo: string;
}

export interface Approach {
  readonly port: number;
  /** Written first on each connection. */
  readonly opening?: () => Uint8Array;
  /** How the answer to it ends. */
  readonly opened?: string;
  /** Makes a signal that is unlike all others. */
  readonly signal: (number: number) => Signal;
}

/** Answered: the connection goes on. Closed: the gateway ended it. Swallowed: it takes the signal for a part of the input. */
export type Fate = 'answered' | 'closed' | 'swallowed';

/** How long to wait for a signal that may have been swallowed, in ms; without a fault it takes one. */
const patience = 40;

/** How long to wait for an answer that need not come, in ms. */
const moment = 10;

/** How long to wait to be let in, in ms. */
const openingPatience = 10_000;

/** Writes hostile bytes, on a new connection whenever the last one is of no more use. */
export class Attacker {
  readonly #approach: Approach;
  #socket: Socket | undefined;
  #heard = '';
  #wake = () => {};
  #signals = 0;

  constructor(approach: Approach) {
    this.#approach = approach;
  }

  /**
   * Writes bytes and a signal after them; says what became of the connection, and everything that was answered.
   * @param apart waits a moment for an answer first, instead of writing both at once
   */
  async strike(bytes: Uint8Array, apart = false): Promise<{ fate: Fate; answer: string }> {
    const socket = this.#socket ?? (await this.#open());
    const signal = this.#approach.signal(this.#signals++);
    this.#heard = '';
    socket.write(apart ? bytes : Buffer.concat([bytes, signal.bytes]));
    if (apart) {
      await this.#until(() => this.#heard !== '', moment);
      socket.write(signal.bytes);
    }
    await this.#until(() => this.#heard.includes(signal.echo), patience);
    const fate = this.#fate(signal.echo);
    if (fate !== 'answered') this.leave();
    return { fate, answer: this.#heard };
  }

  /** Goes away without a word. */
  leave(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #fate(echo: string): Fate {
    if (this.#heard.includes(echo)) return 'answered';
    return this.#socket === undefined ? 'closed' : 'swallowed';
  }

  async #open(): Promise<Socket> {
    const { port, opening, opened = '' } = this.#approach;
    const socket = connect(port, '127.0.0.1');
    this.#socket = socket;
    this.#heard = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (this.#socket === socket) this.#heard += text;
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#wake();
    });
    await once(socket, 'connect');
    if (opening === undefined) return socket;
    socket.write(opening());
    await this.#until(() => this.#heard.includes(opened), openingPatience);
    if (!this.#heard.includes(opened)) throw new Error(`not let in: ${this.#heard}`);
    return socket;
  }

  /** Waits for that, for the end of the connection, or until it has taken too long. */
  async #until(heard: () => boolean, longest: number): Promise<void> {
    const deadline = performance.now() + longest;
    while (!heard() && this.#socket !== undefined && performance.now() < deadline)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - performance.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
  }
}
