import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ToSupervisor, type ToWorker, workerWord } from './messages.js';

/** The process of a worker, as its supervisor has it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Loses what it says to a process that has ended. */
  say(message: ToWorker): void;
  /** Ends it at once, even where it hangs. */
  kill(): void;
}

/** What is heard of a process. */
export interface Listener {
  said(message: ToSupervisor): void;
  /** Once, at the end; without a code when a signal ended it, without either when it could not be started. */
  ended(code: number | null, signal: string | null): void;
}

export type Launch = (listener: Listener) => WorkerProcess;

const program = fileURLToPath(new URL('../../../bin/tabcast.js', import.meta.url));

/** Starts this very program once more, with its environment, its flags for Node and its output. */
export const launch: Launch = (listener) => {
  // JSON, the default, would turn NaN and Infinity into null.
  const child = fork(program, [workerWord], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let over = false;
  const end = (code: number | null, signal: string | null) => {
    if (over) return;
    over = true;
    listener.ended(code, signal);
  };
  child.on('message', (message) => listener.said(message as ToSupervisor));
  child.once('exit', end);
  // Also for what could not be said; only a process that never came to be has no id.
  child.on('error', () => child.pid === undefined && end(null, null));
  return {
    pid: child.pid,
    say: (message) => void (child.connected && child.send(message)),
    kill: () => void child.kill('SIGKILL'),
  };
};
