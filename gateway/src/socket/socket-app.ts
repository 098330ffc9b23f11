import { connectionId } from '@tabcast/shared';
import { receive, start } from '../tab/dispatch.js';
import type { TabRules } from '../tab/rules.js';
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
  /** Numbers the connections of this gateway. */
  readonly nextNumber: () => number;
}

/** Largest body of a request on the public port, which only serves pages in development. */
const publicBodyLimit = 1024;

/** One app of uWebSockets on the public port, and the tabs in it. An app keeps the certificate that it was made with. */
export class SocketApp {
  readonly app: TemplatedApp;
  #tabs = 0;

  /** @throws {Error} uWebSockets cannot use the certificate, and does not say why; see checkCertificate */
  constructor({ tlsCertFile, tlsKeyFile }: CertificateFiles) {
    const files = { cert_file_name: tlsCertFile, key_file_name: tlsKeyFile };
    this.app = tlsCertFile === '' ? uws.App() : uws.SSLApp(files);
  }

  /** How many tabs are in it, those included that are closed for everyone else but have yet to read what came before. */
  get tabs(): number {
    return this.#tabs;
  }

  get isEmpty(): boolean {
    return this.#tabs === 0;
  }

  /** Serves WebSockets at `/ws`, and everything else by `pages`. */
  furnish(rules: SocketAppRules): void {
    const { publicPort, limits, pages, tabs, takeHandshake } = rules;
    this.app.filter((_, change) => (change > 0 ? publicPort.entered() : publicPort.left()));
    this.app.ws<TabSocket>('/ws', {
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
        receive(ws.getUserData().tab, copyOf(message, isBinary), message.byteLength),
      dropped: (ws) => ws.getUserData().socket.foundDrop(),
      drain: (ws) => ws.getUserData().socket.drained(),
      close: (ws, code, message) => this.#closed(ws.getUserData(), code, message, rules),
    });
    this.app.any('/ws', (res) => refuse(res, upgradeRequired, tabs.counters));
    this.app.any('/*', createExchange(pages, publicBodyLimit));
  }

  #open(ws: WebSocket<TabSocket>, { limits, nextNumber, tabs }: SocketAppRules): void {
    const own = ws.getUserData();
    this.#tabs++;
    own.socket = new UwsConnection(ws, own.encoding, tabs.counters, limits.compression);
    own.tab = new Tab(connectionId(tabs.gateway, nextNumber()), own.socket, tabs);
    own.socket.tab = own.tab;
    tabs.counters.tabsOpened++;
    start(own.tab, own.identity);
  }

  #closed({ place, socket }: TabSocket, code: number, message: ArrayBuffer, rules: SocketAppRules): void {
    this.#tabs--;
    // The filter has seen this connection come, and sees requests go, but no WebSockets.
    rules.publicPort.left();
    rules.handshakeLimits.leave(place);
    socket.closed(code, Buffer.from(message).toString());
  }
}

interface TabSocket extends Upgraded {
  socket: UwsConnection;
  tab: Tab;
}

/** A message is uWebSockets' memory and gone after its callback. */
function copyOf(message: ArrayBuffer, isBinary: boolean): string | Uint8Array {
  return isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString();
}
