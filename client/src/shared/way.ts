import { type CarrierMessage, type PageMessage, readCarrierMessage } from './messages.js';
import type { Port } from './port.js';

/** A line from a page to a carrier. */
export interface Line {
  say(message: PageMessage): void;
  /** Nothing is heard of it any more. What was said before still arrives. */
  hangUp(): void;
}

export interface LineListener {
  /** The first message is `ready`, once there is a carrier. */
  told(message: CarrierMessage): void;
  /** There is no carrier in this way. */
  broken(): void;
}

/** A way to a carrier: opens a line. May throw where the platform does not allow it. */
export type Way = (listener: LineListener) => Line;

/** Hears what a carrier says on a port. */
export function listen(port: Port, { told }: Pick<LineListener, 'told'>): void {
  port.onmessage = ({ data }) => {
    const message = readCarrierMessage(data);
    if (message !== undefined) told(message);
  };
}
