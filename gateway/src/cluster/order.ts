import { type ApplicationCode, isApplicationCode } from '@tabcast/shared';
import type { Revocation } from '../broker/registry.js';
import type { OrderKind } from '../metrics/counters.js';
import { isConnectionId, isId, isNatural } from './fields.js';

/**
 * Every order that one gateway gives to others. The channel that it comes on says whom it is about: orders about a user
 * go to the channel of the user, so only gateways that hold the user hear them.
 */
export type Order = Describe | Answer | PutMember | RemoveMember | CloseTabs | Revoke | Drain | AskSeat;

/** The order of one kind. */
export type OrderOf<Kind extends Order['kind']> = Extract<Order, { kind: Kind }>;

/** What every question carries, so that its answers find back. */
export interface Asked {
  /** Random id of this asking. */
  readonly ask: string;
  /** Gateway that wants the answers, on its own channel. */
  readonly asker: string;
}

/** On the channel of a user or a group: says who of it is on this gateway. A question. */
export interface Describe extends Asked {
  readonly kind: 'describe';
}

/** On the own channel of a gateway that has asked. */
export interface Answer {
  readonly kind: 'answer';
  readonly ask: string;
  /** Gateway that answers. */
  readonly gateway: string;
  /** Depends on the question; who asked reads it. */
  readonly body: unknown;
}

/** On the channel of a user: its tabs enter a group. */
export interface PutMember {
  readonly kind: 'put';
  readonly group: string;
}

/** On the channel of a user: its tabs leave a group, whatever put them into it. */
export interface RemoveMember {
  readonly kind: 'remove';
  readonly group: string;
}

/** What the application may close tabs with. */
export type ClosingCode = 4007 | 4407 | 4410 | ApplicationCode;

/** On the channel of a user, or on the own channel of the gateway that holds a connection: closes tabs. */
export interface CloseTabs {
  readonly kind: 'close';
  readonly code: ClosingCode;
  /** Only the tabs of this session; null: of all. */
  readonly session: string | null;
  /** Only this connection; null: all of the channel. */
  readonly connection: string | null;
}

/** On the channel of all gateways: tokens count no more, from now on. */
export interface Revoke {
  readonly kind: 'revoke';
  readonly revocation: Revocation;
}

/** On the own channel of a gateway: it shall leave. */
export interface Drain {
  readonly kind: 'drain';
}

/** On the channel of a user: a tab that is about to be welcomed asks for its place among the tabs of the user. A question. */
export interface AskSeat extends Asked {
  readonly kind: 'seat';
  readonly connection: string;
}

/** Why bytes of another gateway are no order that we know. */
export type NoOrder = Exclude<OrderKind, Order['kind']>;

/**
 * Reads what another gateway sent. `unknown` is an order of a newer gateway; `malformed` is one that names a kind of ours and
 * is not what we would send. Members that we do not know are left out, for a newer gateway may have added them.
 */
export function readOrder(value: unknown): Order | NoOrder {
  if (typeof value !== 'object' || value === null) return 'malformed';
  const fields = value as Fields;
  const { kind } = fields;
  if (typeof kind !== 'string') return 'malformed';
  if (!isKind(kind)) return 'unknown';
  return readers[kind](fields) ?? 'malformed';
}

type Fields = Readonly<Record<string, unknown>>;

type Readers = { readonly [Kind in Order['kind']]: (fields: Fields) => OrderOf<Kind> | undefined };

/** Each checks every field of its kind. */
const readers: Readers = {
  describe: ({ ask, asker }) =>
    isAsk(ask) && isGateway(asker) ? { kind: 'describe', ask, asker } : undefined,
  answer: ({ ask, gateway, body }) =>
    isAsk(ask) && isGateway(gateway) ? { kind: 'answer', ask, gateway, body } : undefined,
  put: ({ group }) => (isId(group) ? { kind: 'put', group } : undefined),
  remove: ({ group }) => (isId(group) ? { kind: 'remove', group } : undefined),
  close: ({ code, session, connection }) =>
    isClosingCode(code) && orNull(isId)(session) && orNull(isConnectionId)(connection)
      ? { kind: 'close', code, session, connection }
      : undefined,
  revoke: ({ revocation }) => {
    const read = readRevocation(revocation);
    return read && { kind: 'revoke', revocation: read };
  },
  drain: () => ({ kind: 'drain' }),
  seat: ({ ask, asker, connection }) =>
    isAsk(ask) && isGateway(asker) && isConnectionId(connection)
      ? { kind: 'seat', ask, asker, connection }
      : undefined,
};

function isKind(kind: string): kind is Order['kind'] {
  return Object.hasOwn(readers, kind);
}

function readRevocation(value: unknown): Revocation | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { until, tokenId, user, session, before } = value as Fields;
  if (!isNatural(until)) return undefined;
  if (tokenId !== undefined) return isId(tokenId) ? { until, tokenId } : undefined;
  return isId(user) && orNull(isId)(session) && isNatural(before)
    ? { until, user, session, before }
    : undefined;
}

function isAsk(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,32}$/.test(value);
}

function isGateway(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-z]{1,32}$/.test(value);
}

/** Whether the application may close tabs with this code. */
function isClosingCode(value: unknown): value is ClosingCode {
  if (value === 4007 || value === 4407 || value === 4410) return true;
  return typeof value === 'number' && isApplicationCode(value);
}

function orNull<T>(is: (value: unknown) => value is T): (value: unknown) => value is T | null {
  return (value): value is T | null => value === null || is(value);
}
