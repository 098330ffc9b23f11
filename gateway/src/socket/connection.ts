import type { Encoding } from '../fanout/frame.js';
import type { CloseReason, Counters } from '../metrics/counters.js';
import { type CloseNumber, type Connection, nameOf, type SocketTab } from '../tab/connection.js';
import { Lingering } from './lingering.js';
import type { WebSocket } from './uws.js';

/** A uWebSockets socket made safe: no use after close (uWebSockets throws then), every drop found. */
export class UwsConnection implements Connection {
  readonly encoding: Encoding;
  readonly #counters: Counters;
  readonly #compress: boolean;
  /** To be set before anything can happen on the socket. */
  tab!: SocketTab;
  /** Null once nothing may be written any more. */
  #ws: WebSocket<unknown> | null;
  #lingering: Lingering | undefined;

  constructor(ws: WebSocket<unknown>, encoding: Encoding, counters: Counters, compress: boolean) {
    this.#ws = ws;
    this.encoding = encoding;
    this.#counters = counters;
    this.#compress = compress;
  }

  get waiting(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  /** What `send` returns is not needed: uWebSockets reports a drop by its event here too. */
  write(frame: string | Uint8Array): void {
    this.#ws?.send(frame, this.encoding === 'msgpack', this.#compress);
  }

  together(write: () => void): void {
    if (this.#ws === null) write();
    else this.#ws.cork(write);
  }

  subscribe(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  close(code: CloseNumber): void {
    const ws = this.#ws;
    if (ws === null) return;
    const reason = nameOf(code);
    const sayGoodbye = () => ws.end(code, reason);
    const unread = ws.getBufferedAmount() > 0;
    // Our reason is told now: the socket itself will say 1006 where a slow client never reads the close frame (U5).
    this.#end(code, reason);
    if (unread) this.#lingering = new Lingering(ws, sayGoodbye);
    else sayGoodbye();
  }

  /** The client has read some of what was waiting. */
  drained(): void {
    if (this.#lingering === undefined) this.tab.drained();
    else this.#lingering.drained();
  }

  /**
   * uWebSockets has thrown away frames for this tab, which has therefore missed something: it is closed, so that its
   * client connects anew instead of living with a gap.
   */
  foundDrop(): void {
    this.#counters.drops++;
    // Not now: closing a socket from within the fan-out that found the drop ends the process with SIGBUS (U3).
    setImmediate(() => this.close(4001));
  }

  /** The socket has closed. */
  closed(code: number, message: string): void {
    this.#lingering?.over();
    if (this.#ws !== null) this.#end(code, reasonOf(code, message));
  }

  #end(code: number, reason: CloseReason): void {
    this.#ws = null;
    this.tab.gone({ code, reason });
  }
}

/** What uWebSockets ends by itself it reports as 1006, with a text of its own (src/WebSocketProtocol.h there). */
function reasonOf(code: number, message: string): CloseReason {
  if (code !== 1006) return 'client';
  if (message === '' || message.includes('TCP FIN')) return 'lost';
  return message.includes('timed out') ? 'idle' : 'protocol';
}
