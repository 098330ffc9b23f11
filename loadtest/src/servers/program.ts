import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { claimPort } from '@tabcast/gateway/internal/workers/ports';

/** The server under test has this core for itself. */
export const serverCore = 0;

/** Redis, publisher and tabs share this one. */
export const loadCore = 1;

/** How long a program may take to end after SIGTERM, ms. */
const patience = 15_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // Who listens too has something to finish, and ends by himself.
    if (process.listenerCount(signal) === 1) process.exit(1);
  });

/** Puts this process, and what it starts from now on, on the load's core. */
export function takeLoadCore(): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(loadCore), String(process.pid)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/**
 * Begins every command: Linux sends the program this signal when we have ended, were it by SIGKILL (prctl(2),
 * PR_SET_PDEATHSIG). Not SIGKILL, of which programs with children of their own could tell them nothing.
 */
const endsWithUs = ['setpriv', '--pdeathsig', 'TERM'];

/** What is kept of a program's output, characters. */
const memory = 64 * 1024;

/** Another program, which ends with us at the latest. */
export class Program {
  /** Resolves when it has ended: to its exit code, or to the signal that has killed it. */
  readonly exited: Promise<number | string>;
  readonly #name: string;
  readonly #child: ChildProcess;
  #output = '';

  /**
   * Starts it on one core.
   * @param environment added to ours, of which gateways get no options
   */
  constructor(core: number, command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#name = command.join(' ');
    const [file, ...args] = [...endsWithUs, 'taskset', '--cpu-list', String(core), ...command];
    this.#child = spawn(file!, args, {
      env: { ...ourEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      // Ctrl-C is for us alone: the run ends with its servers alive.
      detached: true,
    });
    this.exited = once(this.#child, 'exit').then(([code, signal]) => code ?? signal);
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-memory);
    });
    running.add(this.#child);
    this.#child.on('exit', () => running.delete(this.#child));
  }

  /** setpriv and taskset have made way for the program under this id. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** What it has printed up to now; of much, the end. */
  get output(): string {
    return this.#output;
  }

  /**
   * Asks ten times a second until the answer is not undefined.
   * Rejects when the program ends, or after ten seconds.
   */
  async until<T>(what: string, answer: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const found = await answer();
      if (found !== undefined) return found;
      const end = this.#child.exitCode ?? this.#child.signalCode;
      if (end !== null) throw this.#problem(`has exited with ${end} before ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw this.#problem(`did not get to ${what} within 10 s`);
  }

  /** The same for its start: one that does not get there is ended, since nobody has it yet who could. */
  async untilStarted<T>(what: string, answer: () => Promise<T | undefined> | T | undefined): Promise<T> {
    try {
      return await this.until(what, answer);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Asks it to end, and insists when it takes too long. */
  async stop(): Promise<void> {
    if (!running.has(this.#child)) return;
    this.#child.kill('SIGTERM');
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    await this.exited;
    clearTimeout(insist);
  }

  #problem(sentence: string): Error {
    return new Error(`${this.#name} ${sentence}\n${this.#output}`);
  }
}

/** Without what somebody has set for gateways of his own, or for the load: a gateway refuses options that it does not know. */
function ourEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TABCAST_')));
}

/** A port of 127.0.0.1 that was free a moment ago, and that the system gives to nobody. */
export function freePort(): Promise<number> {
  return claimPort({ host: '127.0.0.1', port: 0 });
}
