import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { now } from './clock.js';
import type { Answer, Question } from './questions.js';
import { clockMethod, isProof, type Line, readLines, writeLine } from './wire.js';

/** Longest line of a stranger, characters. */
const strangerLimit = 1024;

/** So that a coordinator whose machine has vanished is noticed, and its workers end. */
const keptAlive = { keepAlive: true, keepAliveInitialDelay: 10_000 };

/** How long a stranger may take to introduce itself, ms. */
const patience = 10_000;

/** Who is served, and with what. */
export interface HostOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Shared secret; without one only this machine is served. */
  readonly key?: string;
  /** Compiled module that calls `serve`: a process of it for each connection. */
  readonly module: URL;
}

/**
 * Lends workers to one coordinator at a time, which may have several; they end with its connections.
 * Rejects when it cannot listen, or would serve others than this machine without a key.
 */
export async function hostWorkers({ host, port, key = '', module }: HostOptions): Promise<Server> {
  if (key === '' && !isLoopback(host)) throw new Error(`a key is required to listen on ${host}`);
  const desk = new Desk(key);
  const server = createServer({ noDelay: true, ...keptAlive }, (socket) => {
    socket.on('error', () => {}); // 'close' follows
    desk.receive(socket, () => lend(socket, module));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Lets the one coordinator in. */
class Desk {
  readonly #key: string;
  #coordinator: unknown;
  #connections = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** @param lend makes the worker, and returns who takes the questions to it */
  receive(socket: Socket, lend: () => (question: Question) => void): void {
    const nonce = randomUUID();
    const overdue = setTimeout(() => socket.destroy(), patience);
    let ask: ((question: Question) => void) | undefined;
    writeLine(socket, { nonce });
    readLines(
      socket,
      () => (ask === undefined ? strangerLimit : Number.POSITIVE_INFINITY),
      (line) => {
        if (ask !== undefined) return ask(line as unknown as Question);
        clearTimeout(overdue);
        const refused = this.#refusal(line, nonce);
        if (refused !== undefined) return socket.end(`${JSON.stringify({ refused })}\n`);
        this.#let(socket, line);
        ask = lend();
        writeLine(socket, { accepted: true });
      },
    );
    socket.on('close', () => clearTimeout(overdue));
  }

  #refusal({ proof, coordinator }: Line, nonce: string): string | undefined {
    if (!isProof(proof, this.#key, nonce)) return 'the key is not the right one';
    if (this.#connections > 0 && coordinator !== this.#coordinator) return 'busy for another coordinator';
    return undefined;
  }

  #let(socket: Socket, { coordinator }: Line): void {
    this.#coordinator = coordinator;
    this.#connections++;
    socket.on('close', () => this.#connections--);
  }
}

/** A worker process for a connection. */
function lend(socket: Socket, module: URL): (question: Question) => void {
  const child: ChildProcess = fork(module, { serialization: 'advanced' });
  child.on('error', (error) => socket.destroy(error));
  child.on('message', (answer: Answer) => writeLine(socket, answer));
  child.on('exit', (code, signal) => socket.destroy(new Error(`a worker has exited with ${signal ?? code}`)));
  socket.on('close', () => child.kill('SIGKILL'));
  return (question) => {
    if (question.method === clockMethod) writeLine(socket, { id: question.id, result: now() });
    else if (child.connected) child.send(question);
  };
}
