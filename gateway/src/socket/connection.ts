import { closeCodes } from '@tabcast/shared';
import type { Encoding } from '../fanout/frame.js';
import type { CloseReason, Counters } from '../metrics/counters.js';
import type { CloseNumber, Connection } from '../tab/connection.js';
import type { WebSocket } from './uws.js';

/** A uWebSockets socket made safe: no use after close (uWebSockets throws then), every drop found. */
export class UwsConnection implements Connection {
  readonly encoding: Encoding;
  readonly #counters: Counters;
  readonly #compress: boolean;
  #ws: WebSocket<unknown> | null;
  /** The code of ours that this connection is being closed with. */
  #closing: CloseNumber | undefined;

  constructor(ws: WebSocket<unknown>, encoding: Encoding, counters: Counters, compress: boolean) {
    this.#ws = ws;
    this.encoding = encoding;
    this.#counters = counters;
    this.#compress = compress;
  }

  /** What `send` returns is not needed: uWebSockets reports a drop by its event here too. */
  write(frame: string | Uint8Array): void {
    this.#ws?.send(frame, this.encoding === 'msgpack', this.#compress);
  }

  subscribe(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  close(code: CloseNumber): void {
    if (this.#closing !== undefined) return;
    this.#closing = code;
    this.#ws?.end(code, closeCodes[code].name);
  }

  /**
   * uWebSockets has thrown away frames for this tab, which has therefore missed something: it is closed, so that its
   * client connects anew instead of living with a gap.
   */
  foundDrop(): void {
    this.#counters.drops++;
    if (this.#closing !== undefined) return;
    // Not now: closing a socket from within the fan-out that found the drop ends the process with SIGBUS (U3).
    setImmediate(() => this.close(4001));
  }

  /** The socket has closed. Says why: by our code where we closed, because a slow tab never reads it (U5). */
  closed(code: number, message: string): CloseReason {
    this.#ws = null;
    if (this.#closing !== undefined) return closeCodes[this.#closing].name;
    return reasonOf(code, message);
  }
}

/** What uWebSockets ends by itself it reports as 1006, with a text of its own (src/WebSocketProtocol.h there). */
function reasonOf(code: number, message: string): CloseReason {
  if (code !== 1006) return 'client';
  if (message === '' || message.includes('TCP FIN')) return 'lost';
  return message.includes('timed out') ? 'idle' : 'protocol';
}
