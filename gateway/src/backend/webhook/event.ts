import { randomBytes } from 'node:crypto';
import type { TabView, Visitor } from '../backend.js';

/** What a backend may be asked (`connect`, `action`) or told (the others). */
export const webhookEvents = ['connect', 'action', 'disconnect', 'online', 'offline'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** One event on its way, as it is signed and sent. */
export interface Message {
  /** The same at every attempt, so that the backend can tell a repetition. */
  readonly id: string;
  readonly event: WebhookEvent;
  /** JSON, in the form that Standard Webhooks recommends: `{type, timestamp, data}`. */
  readonly body: string;
}

/** @param now when the event occurred, in ms since the epoch */
export function messageOf(event: WebhookEvent, data: object, now: number): Message {
  const body = JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), data });
  // Without a full stop, which separates the parts that are signed.
  return { id: `msg_${randomBytes(15).toString('base64url')}`, event, body };
}

/** `data` of a `connect`. */
export function visitorData({ headers, query, address }: Visitor): object {
  return { headers, query, address };
}

/** What `data` of an `action` and of a `disconnect` begin with. */
export function tabData({ connection, identity }: TabView): object {
  return { connection, user: identity?.user ?? null, session: identity?.session ?? null };
}
