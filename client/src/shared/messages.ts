import type { closeCodes } from '@tabcast/shared';

/**
 * What pages and the carrier of their socket say to each other. Any script of the same origin can post to a
 * BroadcastChannel, so whatever arrives is checked, and ignored where it is none of these.
 */

/**
 * How a tab closes that does best to connect again at once. Written out, because pages would load the whole table of codes
 * for it.
 */
export const moved = { code: 4005, reason: 'moved' satisfies (typeof closeCodes)[4005]['name'] } as const;

/** From a page, on a port of its own to the carrier. */
export type PageMessage =
  /** Opens a tab. As long as the page lives it holds the Web Lock of that name. With `resumes` its first frame is `sys/resume`. */
  | { kind: 'open'; lock: string; resumes: boolean; token?: string | undefined }
  /** A frame as JSON text, as it would go over a socket of its own. */
  | { kind: 'frame'; text: string }
  | { kind: 'close'; code?: number | undefined };

/** From the carrier, on the port of one page. */
export type CarrierMessage =
  /** A carrier listens: `open` may be said now. */
  | { kind: 'ready' }
  /** The socket is open, and frames may be sent. */
  | { kind: 'opened' }
  /** A frame as it came over the socket. */
  | { kind: 'frame'; text: string }
  /** One more frame of the page, the oldest that was not told of yet, was written to the socket. */
  | { kind: 'sent' }
  | { kind: 'closed'; code: number; reason: string };

/** Between the pages that may lead, on a BroadcastChannel of all of them. */
export type HallMessage =
  /** Asks the leader to listen on the BroadcastChannel of this name. */
  | { kind: 'knock'; line: string }
  /** The sender leads from now on. */
  | { kind: 'lead' };

type Shapes<Message extends { kind: string }> = {
  [Kind in Message['kind']]: Record<Exclude<keyof Extract<Message, { kind: Kind }>, 'kind'>, Type>;
};

/** As `typeof` says it; with `?` it may be absent. */
type Type = 'string' | 'number' | 'boolean' | 'string?' | 'number?';

export const readPageMessage = reader<PageMessage>({
  open: { lock: 'string', resumes: 'boolean', token: 'string?' },
  frame: { text: 'string' },
  close: { code: 'number?' },
});

export const readCarrierMessage = reader<CarrierMessage>({
  ready: {},
  opened: {},
  frame: { text: 'string' },
  sent: {},
  closed: { code: 'number', reason: 'string' },
});

export const readHallMessage = reader<HallMessage>({ knock: { line: 'string' }, lead: {} });

/** Makes a function that answers what it was given when that is a message of these shapes, else undefined. */
function reader<Message extends { kind: string }>(shapes: Shapes<Message>) {
  return (data: unknown): Message | undefined => {
    if (typeof data !== 'object' || data === null) return undefined;
    const { kind, ...members } = data as Record<string, unknown>;
    if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return undefined;
    const shape: [string, Type][] = Object.entries(shapes[kind as Message['kind']]);
    return shape.every(([name, type]) => isOf(type, members[name])) ? (data as Message) : undefined;
  };
}

function isOf(type: Type, value: unknown): boolean {
  return type.endsWith('?')
    ? value === undefined || isOf(type.slice(0, -1) as Type, value)
    : typeof value === type;
}
