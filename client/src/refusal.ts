import type { WebSocketLike } from './socket.js';

/** What the `ws` package has beyond the WebSocket of browsers. */
interface ShowsRefusals {
  on?(
    event: 'unexpected-response',
    listener: (request: unknown, response: { headers: Record<string, string | undefined> }) => void,
  ): void;
}

/**
 * Reads `Retry-After` off a refused handshake. Only the `ws` package shows it: to a page a refusal is close code 1006 and
 * nothing else, so that it cannot probe the networks that it is in (WHATWG WebSockets, "The WebSocket interface": user
 * agents must not convey failure information that tells a server which answered otherwise from none).
 * @param told takes a number of seconds, `NaN` where the answer does not say one
 */
export function watchRefusal(socket: WebSocketLike & ShowsRefusals, told: (seconds: number) => void): void {
  socket.on?.('unexpected-response', (_request, { headers }) => {
    told(Number(headers['retry-after']));
    // With a listener it is up to us to end the attempt; `onclose` follows.
    socket.close();
  });
}
