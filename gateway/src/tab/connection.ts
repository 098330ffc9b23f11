import { type ApplicationCode, type CloseCode, closeCodes } from '@tabcast/shared';
import type { Encoding } from '../fanout/frame.js';
import type { CloseReason } from '../metrics/counters.js';

/** A close code that a gateway may send: of its own accord, or because the application asked for it. */
export type CloseNumber = keyof typeof closeCodes | ApplicationCode;
export type { CloseCode };

/** How a connection ended: its close code, and the name under which that is counted. */
export interface Close {
  readonly code: number;
  readonly reason: CloseReason;
}

/** What a close with this code is called; all codes of applications have one name. */
export function nameOf(code: CloseNumber): CloseReason {
  return code in closeCodes ? closeCodes[code as keyof typeof closeCodes].name : 'application';
}

/** What a tab asks of the socket under it. Every call on a connection that has gone does nothing. */
export interface Connection {
  readonly encoding: Encoding;
  /** Bytes that wait in this process for the client to read. What the kernel holds for it is not among them. */
  readonly waiting: number;
  /** Writes one frame: MessagePack as bytes, or JSON text as string or UTF-8, as `encoding` says. */
  write(frame: string | Uint8Array): void;
  /** What is written during the call leaves in as few packets as it can. */
  together(write: () => void): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /**
   * Closes with a code and its name as reason. The tab has gone when this returns, also where the client has yet to read
   * what was written before.
   */
  close(code: CloseNumber): void;
}

/** What a socket tells the tab above it. */
export interface SocketTab {
  /** The client has read some of what was waiting. */
  drained(): void;
  /** The connection is over; nothing can be sent any more. */
  gone(close: Close): void;
}
