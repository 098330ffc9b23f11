import type { Logger } from '../log.js';
import { Gathering } from './gathering.js';
import type { Commission, Signal, ToSupervisor, ToWorker } from './messages.js';
import type { Launch } from './process.js';
import { type End, Slot } from './slot.js';

/** What a supervisor needs. */
export interface SupervisorParts {
  /** How many workers there are to be, at least 1. */
  readonly workers: number;
  readonly commission: Commission;
  readonly launch: Launch;
  readonly log: Logger;
}

/**
 * Keeps several gateways running that share their ports, and is between them where they have to act as one: signals,
 * readiness, metrics. Tabs and messages never come here.
 */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #slots: readonly Slot[];
  readonly #gathering: Gathering;
  readonly #over: Promise<number>;
  #finish: (code: number) => void = () => {};
  /** Whether a worker has been ready yet. Until then a failure is one of the configuration. */
  #proven = false;
  #stopping = false;
  /** The first exit code of a worker that was not 0. */
  #failure = 0;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#slots = Array.from(
      { length: parts.workers },
      (_, index) =>
        new Slot(index + 1, parts.launch, {
          said: (slot, message) => this.#hear(slot, message),
          ended: (slot, end) => this.#ended(slot, end),
        }),
    );
    this.#gathering = new Gathering(this.#slots);
    this.#over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /**
   * Starts the first worker, and the others when it is ready: what keeps one from starting would be said once by each.
   * Resolves when all have ended, with 0 or the first exit code that was not 0.
   */
  run(): Promise<number> {
    this.#start(this.#slots[0]!);
    return this.#over;
  }

  /** Passes a signal on to each worker, once. SIGTERM and SIGINT also end the supervision. */
  signal(signal: Signal): void {
    if (signal !== 'SIGHUP') this.#stop(signal);
    this.#tellAll({ kind: 'signal', signal });
  }

  /** Ends every worker at once, one that hangs too; none of them closes its tabs. */
  kill(): void {
    for (const slot of this.#slots) slot.kill();
  }

  #stop(signal: Signal): void {
    this.#parts.log.info({ signal }, 'stopping');
    this.#stopping = true;
    for (const slot of this.#slots) slot.close();
    this.#finishWhenEmpty();
  }

  #start(slot: Slot): void {
    slot.start(this.#parts.commission);
    this.#parts.log.info({ worker: slot.number, pid: slot.pid }, 'worker started');
    this.#tellReady();
  }

  #hear(slot: Slot, message: ToSupervisor): void {
    if (message.kind === 'report') this.#gathering.take(slot, message.question, message.figures);
    else if (message.kind === 'ready') this.#becomes(slot, message.is);
    else void this.#gathering.gather().then((gathered) => slot.say({ kind: 'gathered', gathered }));
  }

  #becomes(slot: Slot, ready: boolean): void {
    slot.ready = ready;
    this.#tellReady();
    if (!ready || this.#proven || this.#stopping) return;
    this.#proven = true;
    for (const other of this.#slots) if (!other.occupied) this.#start(other);
  }

  #ended(slot: Slot, { pid, code, signal, lived }: End): void {
    this.#tellReady();
    const goesOn = this.#proven && !this.#stopping;
    const pause = goesOn ? slot.respawn.pauseAfter(lived) : undefined;
    const { log } = this.#parts;
    log[code === 0 ? 'info' : 'error']({ worker: slot.number, pid, code, signal, pause }, 'worker ended');
    if (pause !== undefined) slot.fillAfter(pause, () => this.#start(slot));
    else {
      this.#failure ||= code ?? 1;
      this.#finishWhenEmpty();
    }
  }

  #finishWhenEmpty(): void {
    if (this.#slots.every(({ occupied }) => !occupied)) this.#finish(this.#failure);
  }

  #tellReady(): void {
    this.#tellAll({ kind: 'ready', workers: this.#slots.filter(({ ready }) => ready).length });
  }

  #tellAll(message: ToWorker): void {
    for (const slot of this.#slots) slot.say(message);
  }
}
