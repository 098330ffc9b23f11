import type { Figures, Gathered, Reports } from '../metrics/together.js';
import { type Commission, type Signal, signals, type ToSupervisor, type ToWorker } from './messages.js';

/** The channel to the supervisor, as `process` of a forked Node has it. */
export interface Channel {
  send?: (message: ToSupervisor, handle: undefined, options: undefined, done: () => void) => void;
  readonly connected: boolean;
  on(event: 'message', listener: (message: ToWorker) => void): void;
  on(event: 'disconnect' | Signal, listener: () => void): void;
  exit(code: number): void;
  readonly channel?: { unref(): void };
}

/** How long a worker waits for the figures of all, in ms. The supervisor waits less for each of them. */
const patience = 3000;

type Begin = Extract<ToWorker, { kind: 'begin' }>;

/** This process as one of several gateways that share their ports: its end of the channel to the supervisor. */
export class Worker implements Reports {
  readonly number: number;
  readonly commission: Commission;
  readonly carried: Figures | undefined;
  readonly #channel: Channel;
  readonly #acts = new Map<Signal, (() => void)[]>();
  #ready = 0;
  #read: (() => Promise<Figures>) | undefined;
  /** Who waits for the figures of all. */
  #waiting: ((gathered: Gathered) => void)[] = [];

  private constructor(channel: Channel, { number, commission, carried }: Begin) {
    this.#channel = channel;
    this.number = number;
    this.commission = commission;
    this.carried = carried;
    channel.on('message', (message) => this.#hear(message));
    // Without its supervisor a worker would hold the ports for ever, and nobody would see to it.
    channel.on('disconnect', () => this.#act('SIGTERM'));
    // Terminals and systemd send signals to every process of a group. The supervisor passes on what it gets, once.
    for (const signal of signals) channel.on(signal, () => {});
    // The gateway keeps the process alive, or its exit code ends it; the channel does neither.
    channel.channel?.unref();
  }

  /** Resolves when the supervisor has said what this worker is to be. */
  static join(channel: Channel): Promise<Worker> {
    return new Promise((resolve) => {
      let joined = false;
      channel.on('message', (message) => {
        if (joined || message.kind !== 'begin') return;
        joined = true;
        resolve(new Worker(channel, message));
      });
      channel.on('disconnect', () => joined || channel.exit(1));
    });
  }

  /** How many workers are ready, this one counted. */
  get ready(): number {
    return this.#ready;
  }

  /** Says whether this worker takes new tabs. */
  become(ready: boolean): void {
    this.#say({ kind: 'ready', is: ready });
  }

  /** Calls `act` whenever the supervisor passes on this signal. */
  on(signal: Signal, act: () => void): void {
    this.#acts.set(signal, [...(this.#acts.get(signal) ?? []), act]);
  }

  reportBy(read: () => Promise<Figures>): void {
    this.#read = read;
  }

  gather(): Promise<Gathered> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = [];
        reject(new Error(`the supervisor did not answer within ${patience} ms`));
      }, patience);
      this.#waiting.push((gathered) => {
        clearTimeout(timer);
        resolve(gathered);
      });
      this.#say({ kind: 'gather' });
    });
  }

  #hear(message: ToWorker): void {
    if (message.kind === 'signal') this.#act(message.signal);
    else if (message.kind === 'ready') this.#ready = message.workers;
    else if (message.kind === 'question') void this.#answer(message.question);
    else if (message.kind === 'gathered') this.#waiting.shift()?.(message.gathered);
  }

  #act(signal: Signal): void {
    const acts = this.#acts.get(signal);
    // A gateway that has not begun yet has nothing to close, and will read its configuration anyway.
    if (acts === undefined && signal !== 'SIGHUP') this.#channel.exit(0);
    for (const act of acts ?? []) act();
  }

  async #answer(question: number): Promise<void> {
    if (this.#read !== undefined) this.#say({ kind: 'report', question, figures: await this.#read() });
  }

  /** What is said to a supervisor that has gone is lost, without an error: `disconnect` tells of that. */
  #say(message: ToSupervisor): void {
    if (this.#channel.connected) this.#channel.send?.(message, undefined, undefined, () => {});
  }
}
