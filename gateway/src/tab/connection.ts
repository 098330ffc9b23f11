import type { ApplicationCode, CloseCode, closeCodes } from '@tabcast/shared';
import type { Encoding } from '../fanout/frame.js';

/** A close code that a gateway may send: of its own accord, or because the application asked for it. */
export type CloseNumber = keyof typeof closeCodes | ApplicationCode;
export type { CloseCode };

/** What a tab asks of the socket under it. Every call on a connection that has gone does nothing. */
export interface Connection {
  readonly encoding: Encoding;
  /** Bytes that wait in this process for the client to read. What the kernel holds for it is not among them. */
  readonly waiting: number;
  /** Writes one frame: JSON text as string or UTF-8, MessagePack as bytes, as `encoding` says. */
  write(frame: string | Uint8Array): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /**
   * Closes with a code and its name as reason; all codes of applications have the name `application`. The tab has gone
   * when this returns, also where the client has yet to read what was written before.
   */
  close(code: CloseNumber): void;
}

/** What a socket tells the tab above it. */
export interface SocketTab {
  /** The client has read some of what was waiting. */
  drained(): void;
  /** The connection is over; nothing can be sent any more. */
  gone(close: { code: number; reason: string }): void;
}
