import type { CloseCode, closeCodes } from '@tabcast/shared';
import type { Encoding } from '../fanout/frame.js';

/** A close code that a gateway may send. */
export type CloseNumber = keyof typeof closeCodes;
export type { CloseCode };

/** What a tab asks of the socket under it. Every call on a connection that has gone does nothing. */
export interface Connection {
  readonly encoding: Encoding;
  /** Writes one frame: JSON text as string or UTF-8, MessagePack as bytes, as `encoding` says. */
  write(frame: string | Uint8Array): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Closes with a code of ours and its name as reason. */
  close(code: CloseNumber): void;
}
