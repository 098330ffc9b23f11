import { connectionId } from '@tabcast/shared';
import type { LocalBus } from '../fanout/fanout.js';
import type { Counters } from '../metrics/counters.js';
import { receive, start } from '../tab/dispatch.js';
import type { TabRules } from '../tab/rules.js';
import { Tab } from '../tab/tab.js';
import { upgradeRequired } from './admission.js';
import { Bystander } from './bystander.js';
import { UwsConnection } from './connection.js';
import { type Answering, createExchange } from './exchange.js';
import { createUpgrade, refuse, type Seat, type UpgradeRules } from './upgrade.js';
import { type TemplatedApp, uws, type WebSocket } from './uws.js';

/** Where to listen. Port 0 takes any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface SocketLimits {
  /** Longest frame from a client, in bytes; also what one client can pin of our memory (U14). */
  readonly maxPayload: number;
  /** Bytes that may wait for a slow tab before uWebSockets drops frames. */
  readonly maxBackpressure: number;
  /** Seconds of silence after which a connection counts as lost; pings go out before. A multiple of 4, from 8 to 40. */
  readonly idleTimeout: number;
  /** Whether permessage-deflate (RFC 7692) is offered. */
  readonly compression: boolean;
}

/** Largest body of a request on the public port, which only serves pages in development. */
const publicBodyLimit = 1024;

/** The app that holds the tabs. Made before its rules, because fan-out publishes through it. */
export class PublicServer implements LocalBus {
  readonly #app: TemplatedApp = uws.App();
  readonly #limits: SocketLimits;
  #bystander: Bystander | undefined;
  #numbered = 0;

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  publish(topic: string, bytes: Uint8Array, binary: boolean): void {
    this.#app.publish(topic, bytes, binary, this.#limits.compression);
  }

  /** Serves WebSockets at `/ws`, and everything else by `pages`. */
  serve(tabRules: TabRules, upgradeRules: UpgradeRules, pages: Answering): void {
    const { counters } = tabRules;
    this.#app.ws<SeatWithTab>('/ws', {
      maxPayloadLength: this.#limits.maxPayload,
      maxBackpressure: this.#limits.maxBackpressure,
      // Cutting at the limit would leave a hole before the close (U4); drops are found and end in a close of ours.
      closeOnBackpressureLimit: false,
      idleTimeout: this.#limits.idleTimeout,
      sendPingsAutomatically: true,
      compression: this.#limits.compression ? uws.SHARED_COMPRESSOR | uws.SHARED_DECOMPRESSOR : uws.DISABLED,
      upgrade: createUpgrade(upgradeRules, (write) => this.#bystander?.cork(write)),
      open: (ws) => this.#open(ws, tabRules),
      message: (ws, message, isBinary) => receive(ws.getUserData().tab, copyOf(message, isBinary)),
      dropped: (ws) => ws.getUserData().socket.foundDrop(),
      close: (ws, code, message) => closed(ws.getUserData(), code, Buffer.from(message).toString(), counters),
    });
    this.#app.any('/ws', (res) => refuse(res, upgradeRequired, counters));
    this.#app.any('/*', createExchange(pages, publicBodyLimit));
  }

  async listen(address: Address): Promise<Listening> {
    const bystander = await Bystander.open();
    this.#bystander = bystander;
    const { port, close } = await listen(this.#app, address).catch((error) => {
      bystander.close();
      throw error;
    });
    return {
      port,
      close() {
        bystander.close();
        close();
      },
    };
  }

  #open(ws: WebSocket<SeatWithTab>, rules: TabRules): void {
    const seat = ws.getUserData();
    seat.socket = new UwsConnection(ws, seat.encoding, rules.counters, this.#limits.compression);
    seat.tab = new Tab(connectionId(rules.gateway, this.#numbered++), seat.socket, rules);
    rules.counters.tabsOpened++;
    start(seat.tab, seat.identity);
  }
}

interface SeatWithTab extends Seat {
  socket: UwsConnection;
  tab: Tab;
}

function closed({ socket, tab }: SeatWithTab, code: number, message: string, counters: Counters): void {
  const reason = socket.closed(code, message);
  counters.tabsClosed[reason]++;
  tab.gone({ code, reason });
}

/** A message is uWebSockets' memory and gone after its callback. */
function copyOf(message: ArrayBuffer, isBinary: boolean): string | Uint8Array {
  return isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString();
}

/** Serves the internal port: every request goes to `answering`. */
export function serveInternal(answering: Answering, bodyLimit: number, address: Address): Promise<Listening> {
  const app = uws.App();
  app.any('/*', createExchange(answering, bodyLimit));
  return listen(app, address);
}

/** A port that is being listened on. */
export interface Listening {
  readonly port: number;
  /** Takes no new connections and closes those that are there. */
  close(): void;
}

const remedy = 'choose others with --public-port and --internal-port';

/** The port is taken, or may not be taken by us. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

function listen(app: TemplatedApp, { host, port }: Address): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // Without the exclusive option a second process would share the port in silence (U22).
    listenExclusively(app, host, port, (socket) => {
      if (socket) resolve({ port: uws.us_socket_local_port(socket as never), close: () => void app.close() });
      else
        reject(
          new CannotListen(`Port ${port} on ${host} is in use, or this user may not listen on it; ${remedy}`),
        );
    });
  });
}

/** `listen(host, port, options, callback)` exists, but is missing from the type definitions. */
function listenExclusively(
  app: TemplatedApp,
  host: string,
  port: number,
  done: (socket: unknown) => void,
): void {
  const untyped = app as unknown as { listen(...args: unknown[]): void };
  untyped.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, done);
}
