import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ClockOffset, type ClockRound, clockOffset, now } from './clock.js';
import { type Answer, type Asked, type Procedures, Questions } from './questions.js';
import { clockMethod, type Line, proofOf, readLines, writeLine } from './wire.js';

/** This process, among those that may want the same host. */
const coordinator = randomUUID();

/** How long a host may take to accept, ms. */
const patience = 10_000;

/** How long a host may be quiet before it is looked whether it is still there, ms. */
const quiet = 10_000;

/** Questions for the time, of which the quickest counts. */
const clockRounds = 20;

/** A worker on another machine, where `hostWorkers` listens. */
export class RemoteWorker<T> implements Asked<T> {
  readonly #socket: Socket;
  readonly #questions: Questions;
  /** Why there will be no word any more, once that is so. */
  readonly #hangUp: Promise<Line>;
  /** Takes what the host says before it answers questions. */
  #greeted: (line: Line) => void = () => {};

  /**
   * Connects. Rejects when nobody is there, or with the sentence by which the host refuses.
   * @param place `host:port`
   */
  static async connect<T>(place: string, key = ''): Promise<RemoteWorker<T>> {
    const { host, port } = parsePlace(place);
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: quiet });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(patience) });
      const worker = new RemoteWorker<T>(socket, place);
      await worker.#introduce(key);
      return worker;
    } catch (error) {
      socket.destroy();
      throw new Error(`worker ${place}: ${(error as Error).message}`);
    }
  }

  private constructor(socket: Socket, place: string) {
    this.#socket = socket;
    this.#questions = new Questions((question) => writeLine(socket, question));
    let reason = 'hung up';
    socket.on('error', (error) => {
      reason = error.message;
    });
    this.#hangUp = new Promise((resolve) => {
      socket.on('close', () => {
        resolve({ refused: reason });
        this.#questions.end(`worker ${place}: ${reason}`);
      });
    });
    readLines(
      socket,
      () => Number.POSITIVE_INFINITY,
      (line) => ('id' in line ? this.#questions.answered(line as Answer) : this.#greeted(line)),
    );
  }

  ask<K extends keyof T & string>(
    method: K,
    ...args: Parameters<Procedures<T>[K]>
  ): Promise<Awaited<ReturnType<Procedures<T>[K]>>> {
    return this.#questions.ask(method, args) as Promise<Awaited<ReturnType<Procedures<T>[K]>>>;
  }

  /** Estimates how its clock stands to ours. */
  async clock(): Promise<ClockOffset> {
    const rounds: ClockRound[] = [];
    for (let round = 0; round < clockRounds; round++) {
      const asked = now();
      const told = (await this.#questions.ask(clockMethod, [])) as number;
      rounds.push({ asked, told, answered: now() });
    }
    return clockOffset(rounds);
  }

  stop(): void {
    this.#socket.destroy();
  }

  async #introduce(key: string): Promise<void> {
    const overdue = setTimeout(() => this.#socket.destroy(new Error('does not answer')), patience);
    try {
      const { nonce, refused } = await this.#greeting();
      if (refused !== undefined) throw new Error(String(refused));
      writeLine(this.#socket, { coordinator, proof: proofOf(key, String(nonce)) });
      const verdict = await this.#greeting();
      if (verdict['accepted'] !== true) throw new Error(String(verdict['refused']));
    } finally {
      clearTimeout(overdue);
    }
  }

  #greeting(): Promise<Line> {
    const greeting = new Promise<Line>((resolve) => {
      this.#greeted = resolve;
    });
    return Promise.race([greeting, this.#hangUp]);
  }
}

/** @throws {Error} when it is not `host:port` */
function parsePlace(place: string): { host: string; port: number } {
  const [, host, port] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(place) ?? [];
  if (host === undefined) throw new Error(`expected a worker as host:port, got "${place}"`);
  return { host, port: Number(port) };
}
