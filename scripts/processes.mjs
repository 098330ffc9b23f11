// Processes that are started together and end together: what `npm start` and `npm run cluster` consist of.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fail } from './prepare.mjs';

const children = [];
const lastActs = [];

/**
 * Starts a program. When it ends, all the others end too, as they do at Ctrl-C.
 * @param environment in addition to our own
 * @param mayEnd whether the others go on without it, once it was ready
 * @returns a promise of its process id, when it has printed something, which is how ours say that they are ready
 */
export function launch(command, args, { environment = {}, mayEnd = false } = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  child.on('error', ({ message }) => fail(message));
  return new Promise((resolve) => {
    let isReady = false;
    child.on('exit', (code) => (mayEnd && isReady && exitCode === undefined) || stop(code ?? 1));
    child.stdout.once('data', () => {
      isReady = true;
      resolve(child.pid);
    });
    child.stdout.resume();
  });
}

/** Does something when all of them have ended. */
export function atEnd(act) {
  lastActs.push(act);
}

/** Says at once which of these ports are taken, and ends. */
export async function needPorts(ports) {
  const taken = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return;
  fail(
    `In use already: port ${taken.join(', ')}. Take others: npm start -- --port 9000 (or: npm run cluster -- …)`,
  );
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(0));

let exitCode;

function stop(code) {
  exitCode ??= code;
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of running) child.kill('SIGTERM');
  if (running.length > 0) return;
  for (const act of lastActs.splice(0)) act();
  process.exit(exitCode);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
