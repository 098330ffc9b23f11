import type { Figures } from '../metrics/together.js';
import type { Asked } from './gathering.js';
import type { Commission, ToSupervisor, ToWorker } from './messages.js';
import type { Launch, WorkerProcess } from './process.js';
import { Respawn } from './respawn.js';

/** How a process ended. */
export interface End {
  readonly pid: number | undefined;
  readonly code: number | null;
  readonly signal: string | null;
  /** How long it had been there, in ms. */
  readonly lived: number;
}

/** What a slot tells its supervisor. */
export interface SlotListener {
  said(slot: Slot, message: ToSupervisor): void;
  ended(slot: Slot, end: End): void;
}

/** The place of one worker: one process after another, at most one at a time. */
export class Slot implements Asked {
  readonly number: number;
  readonly respawn = new Respawn();
  lastReport: Figures | undefined;
  /** Whether the worker takes new tabs. */
  ready = false;
  readonly #launch: Launch;
  readonly #listener: SlotListener;
  #process: WorkerProcess | undefined;
  #next: NodeJS.Timeout | undefined;

  constructor(number: number, launch: Launch, listener: SlotListener) {
    this.number = number;
    this.#launch = launch;
    this.#listener = listener;
  }

  get occupied(): boolean {
    return this.#process !== undefined;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts a process, which goes on counting where the one before it was when it was last asked. */
  start(commission: Commission): void {
    const begun = performance.now();
    this.#process = this.#launch({
      said: (message) => this.#listener.said(this, message),
      ended: (code, signal) => {
        const end = { pid: this.pid, code, signal, lived: performance.now() - begun };
        this.#process = undefined;
        this.ready = false;
        this.#listener.ended(this, end);
      },
    });
    this.say({ kind: 'begin', number: this.number, commission, carried: this.lastReport });
  }

  /** Calls `fill` after a pause, in ms, unless the slot is closed before. */
  fillAfter(pause: number, fill: () => void): void {
    this.#next = setTimeout(fill, pause);
  }

  /** No other process will take this place. */
  close(): void {
    clearTimeout(this.#next);
  }

  say(message: ToWorker): void {
    this.#process?.say(message);
  }

  kill(): void {
    this.#process?.kill();
  }

  ask(question: number): boolean {
    this.say({ kind: 'question', question });
    return this.occupied;
  }
}
