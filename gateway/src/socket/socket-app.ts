import { connectionId } from '@tabcast/shared';
import type { Connection } from '../tab/connection.js';
import { receive, start, startResuming } from '../tab/dispatch.js';
import type { TabRules } from '../tab/rules.js';
import { SharedSocket } from '../tab/shared-socket.js';
import { Tab } from '../tab/tab.js';
import { upgradeRequired } from './admission.js';
import type { CertificateFiles } from './certificate.js';
import { UwsConnection } from './connection.js';
import { type Answering, createExchange } from './exchange.js';
import type { HandshakeLimits } from './handshake-limits.js';
import type { PublicPort } from './public-port.js';
import { refuse, type TakeHandshake, type Upgraded } from './upgrade.js';
import { type TemplatedApp, uws, type WebSocket } from './uws.js';

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

/** What all socket apps of a gateway share. */
export interface SocketAppRules {
  readonly limits: SocketLimits;
  readonly tabs: TabRules;
  readonly takeHandshake: TakeHandshake;
  readonly pages: Answering;
  readonly publicPort: PublicPort;
  readonly handshakeLimits: HandshakeLimits;
  /** Numbers the tabs of this gateway. */
  readonly nextNumber: () => number;
}

/** Largest body of a request on the public port, which only serves pages in development. */
const publicBodyLimit = 1024;

/** One app of uWebSockets on the public port, and the sockets in it. An app keeps the certificate that it was made with. */
export class SocketApp {
  readonly app: TemplatedApp;
  /** Of its sockets those that tabs share. */
  readonly shared = new Set<SharedSocket>();
  #sockets = 0;

  /** @throws {Error} uWebSockets cannot use the certificate, and does not say why; see checkCertificate */
  constructor({ tlsCertFile, tlsKeyFile }: CertificateFiles) {
    const files = { cert_file_name: tlsCertFile, key_file_name: tlsKeyFile };
    this.app = tlsCertFile === '' ? uws.App() : uws.SSLApp(files);
  }

  /** How many are in it, those included that are closed for everyone else but have yet to read what came before. */
  get sockets(): number {
    return this.#sockets;
  }

  get isEmpty(): boolean {
    return this.#sockets === 0;
  }

  /** Serves WebSockets at `/ws`, and everything else by `pages`. */
  furnish(rules: SocketAppRules): void {
    const { publicPort, limits, pages, tabs, takeHandshake } = rules;
    this.app.filter((_, change) => (change > 0 ? publicPort.entered() : publicPort.left()));
    this.app.ws<Socket>('/ws', {
      maxPayloadLength: limits.maxPayload,
      maxBackpressure: limits.maxBackpressure,
      // Cutting at the limit would leave a hole before the close (U4); drops are found and end in a close of ours.
      closeOnBackpressureLimit: false,
      idleTimeout: limits.idleTimeout,
      sendPingsAutomatically: true,
      compression: limits.compression ? uws.SHARED_COMPRESSOR | uws.SHARED_DECOMPRESSOR : uws.DISABLED,
      upgrade: takeHandshake,
      open: (ws) => this.#open(ws, rules),
      message: (ws, message, isBinary) =>
        deliver(ws.getUserData().tab, copyOf(message, isBinary), message.byteLength),
      dropped: (ws) => ws.getUserData().socket.foundDrop(),
      drain: (ws) => ws.getUserData().socket.drained(),
      close: (ws, code, message) => this.#closed(ws.getUserData(), code, message, rules),
    });
    this.app.any('/ws', (res) => refuse(res, upgradeRequired, tabs.counters));
    this.app.any('/*', createExchange(pages, publicBodyLimit));
  }

  #open(ws: WebSocket<Socket>, rules: SocketAppRules): void {
    const own = ws.getUserData();
    this.#sockets++;
    own.socket = new UwsConnection(ws, own.encoding, rules.tabs.counters, rules.limits.compression);
    own.tab = own.encoding === 'shared' ? this.#share(own, rules) : newTab(own.socket, rules);
    own.socket.tab = own.tab;
    if (own.tab instanceof Tab) (own.resumes ? startResuming : start)(own.tab, own.identity);
  }

  #share({ identity, place, socket }: Socket, rules: SocketAppRules): SharedSocket {
    const { handshakeLimits } = rules;
    const shared = new SharedSocket(socket, {
      rules: rules.tabs,
      newTab: (lane) => newTab(lane, rules),
      room: {
        enter: () => handshakeLimits.join(place),
        leave: () => handshakeLimits.leave(place),
        succeed: () => handshakeLimits.succeed(),
      },
      withoutToken: identity,
    });
    this.shared.add(shared);
    return shared;
  }

  #closed({ place, socket, tab }: Socket, code: number, message: ArrayBuffer, rules: SocketAppRules): void {
    this.#sockets--;
    if (tab instanceof SharedSocket) this.shared.delete(tab);
    // The filter has seen this connection come, and sees requests go, but no WebSockets.
    rules.publicPort.left();
    rules.handshakeLimits.leave(place);
    socket.closed(code, Buffer.from(message).toString());
  }
}

/** What a socket carries: one tab, or what several tabs share. */
interface Socket extends Upgraded {
  socket: UwsConnection;
  tab: Tab | SharedSocket;
}

function newTab(connection: Connection, { nextNumber, tabs }: SocketAppRules): Tab {
  return new Tab(connectionId(tabs.gateway, nextNumber()), connection, tabs);
}

function deliver(tab: Tab | SharedSocket, data: string | Uint8Array, bytes: number): void {
  if (tab instanceof Tab) receive(tab, data, bytes);
  else tab.receive(data, bytes);
}

/** A message is uWebSockets' memory and gone after its callback. */
function copyOf(message: ArrayBuffer, isBinary: boolean): string | Uint8Array {
  return isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString();
}
