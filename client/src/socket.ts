/** What can be sent as one message. */
export type Payload = string | Uint8Array<ArrayBuffer>;

/** Written as a method, because those of browsers and of `ws` ask for more of the event than is needed here. */
type Listens<Event> = { bivariant(event: Event): void }['bivariant'] | null;

/**
 * What is needed of a WebSocket: that of browsers and of Node 22 fits, and so does the `ws` package. `close` may be
 * called at any time, also before `onopen`; after `onclose` nothing more comes.
 */
export interface WebSocketLike {
  /** As in browsers, where it is known: above 1 nothing that is sent arrives any more. */
  readonly readyState?: number;
  /** How binary messages are to arrive. Only set where the encoding is binary, and then to `arraybuffer`. */
  binaryType?: string;
  onopen: Listens<unknown>;
  onmessage: Listens<{ data: unknown }>;
  onerror: Listens<unknown>;
  onclose: Listens<{ code: number; reason: string }>;
  /** Takes one message, once `onopen` was called. */
  send(data: Payload): void;
  close(code?: number, reason?: string): void;
}

/** Begins to connect. May throw where the URL or a sub-protocol is not acceptable. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
