import type { WebSocket } from './uws.js';

/** How long a client may take to read what still waits for it when its connection is closed, in ms. */
const lingerTime = 5000;

/**
 * The end of a connection whose client has not read everything yet. Its tab has gone already; what was written before still
 * goes out, then the close frame.
 *
 * Who asks uWebSockets to `end` such a connection at once has no hold on it any more: above the limit of bytes the close
 * frame is dropped (U5), and every byte that the client reads puts the end off (U6).
 */
export class Lingering {
  readonly #ws: WebSocket<unknown>;
  readonly #sayGoodbye: () => void;
  readonly #timer: NodeJS.Timeout;

  /** @param sayGoodbye sends the close frame */
  constructor(ws: WebSocket<unknown>, sayGoodbye: () => void) {
    this.#ws = ws;
    this.#sayGoodbye = sayGoodbye;
    this.#timer = setTimeout(() => ws.close(), lingerTime);
    for (const topic of ws.getTopics()) ws.unsubscribe(topic);
  }

  /** The client has read something. */
  drained(): void {
    if (this.#ws.getBufferedAmount() === 0) this.#sayGoodbye();
  }

  /** The socket has closed. */
  over(): void {
    clearTimeout(this.#timer);
  }
}
