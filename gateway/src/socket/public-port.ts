import type { Logger } from '../log.js';
import type { Counters } from '../metrics/counters.js';
import type { Address } from './cannot-listen.js';
import { type ListenSocket, listenOn } from './listen.js';
import type { TemplatedApp } from './uws.js';

/**
 * How many connections must have gone before a port that was closed opens again: enough not to close at once, and fewer
 * than may be there beside the tabs, or a gateway full of tabs that stay would keep its port closed.
 */
const roomToOpen = 100;

/** How long a closed port waits before it opens again, and then from try to try, in ms. */
const reopenTime = 200;

/**
 * The public port, and how many connections came in by it and are still there. At its capacity the port is closed:
 * uSockets goes on trying to accept at the limit of open files, with all of a core (U18). Clients and balancers then
 * meet a closed port, and those who are inside notice nothing.
 */
export class PublicPort {
  readonly #capacity: number;
  readonly #log: Logger;
  readonly #counters: Counters;
  #leadsTo: TemplatedApp | undefined;
  #address: Address | undefined;
  #socket: ListenSocket | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #connections = 0;

  /** @param capacity how many connections there may be; may be Infinity */
  constructor(capacity: number, log: Logger, counters: Counters) {
    this.#capacity = capacity;
    this.#log = log;
    this.#counters = counters;
  }

  /**
   * Opens it, and returns the port.
   * @throws {CannotListen}
   */
  open(app: TemplatedApp, address: Address): number {
    const port = address.port === 0 ? freePort(app, address) : address.port;
    this.#leadsTo = app;
    this.#address = { ...address, port };
    this.#socket = listenOn(app, this.#address);
    return port;
  }

  /** How many have come in and are still there. */
  get connections(): number {
    return this.#connections;
  }

  /** Leads those who come from now on to another app. */
  leadTo(app: TemplatedApp): void {
    this.#leadsTo = app;
    if (this.#socket === undefined) return;
    this.#socket.stopAccepting();
    this.#listen();
  }

  /** Takes no new connections any more. Idempotent. */
  close(): void {
    this.#address = undefined;
    clearTimeout(this.#reopening);
    this.#socket?.stopAccepting();
  }

  /** One more has come in. */
  entered(): void {
    this.#connections++;
    if (this.#connections < this.#capacity || this.#socket === undefined) return;
    this.#socket.stopAccepting();
    this.#socket = undefined;
    this.#counters.limitsHit.connections++;
    this.#log.warn(
      { connections: this.#connections },
      'the public port is closed until connections have gone',
    );
  }

  /** One has gone. */
  left(): void {
    this.#connections--;
    const shut = this.#socket === undefined && this.#address !== undefined;
    if (shut && this.#connections <= this.#capacity - roomToOpen)
      this.#reopening ??= setTimeout(() => this.#reopen(), reopenTime);
  }

  #reopen(): void {
    this.#reopening = undefined;
    this.#listen();
    if (this.#socket !== undefined)
      this.#log.info({ port: this.#socket.port }, 'the public port is open again');
  }

  #listen(): void {
    if (this.#address === undefined) return;
    try {
      this.#socket = listenOn(this.#leadsTo!, this.#address);
    } catch (error) {
      this.#socket = undefined;
      this.#log.error({ err: error }, 'the public port cannot be opened again');
      this.#reopening = setTimeout(() => this.#reopen(), reopenTime);
    }
  }
}

/** A port that was free a moment ago. A socket that chose its port itself could not be followed by another: it has no SO_REUSEADDR. */
function freePort(app: TemplatedApp, address: Address): number {
  const socket = listenOn(app, address);
  socket.stopAccepting();
  return socket.port;
}
