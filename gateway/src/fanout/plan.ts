import { createHash, randomBytes } from 'node:crypto';
import { gatewayOf, type Target, targetChannels } from '@tabcast/shared';
import type { Filter } from '../broker/envelope.js';

/** Where to publish, and what the receipt calls it. */
export interface Route {
  readonly channel: string;
  readonly name: string;
}

/** What becomes of one send: the same envelope, on each of these routes. */
export interface Plan {
  readonly routes: readonly Route[];
  readonly filter: Filter | undefined;
}

/** @param idempotencyKey of the send, whose repetition has to be planned in the same way */
export function planSend(to: Target, idempotencyKey: string | undefined): Plan {
  if (to.connection !== undefined) {
    const channel = gatewayChannel(gatewayOf(to.connection)!);
    return {
      routes: [{ channel, name: `connection:${to.connection}` }],
      filter: { connection: to.connection },
    };
  }
  const channels = targetChannels(to);
  const filter: Filter = {};
  if (to.session !== undefined) filter.session = to.session;
  if (to.except !== undefined) filter.except = to.except;
  if (mayShareTabs(channels)) filter.once = onceId(channels, idempotencyKey);
  return {
    routes: channels.map((channel) => ({ channel, name: channel })),
    filter: Object.keys(filter).length === 0 ? undefined : filter,
  };
}

/** A tab belongs to one user, so channels can share tabs only where a group is among several of them. */
function mayShareTabs(channels: readonly string[]): boolean {
  return channels.length > 1 && channels.some((channel) => channel.startsWith('group:'));
}

/** A repetition under the same key has to be the same bytes, so the id follows from the key where there is one. */
function onceId(channels: readonly string[], idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return randomBytes(9).toString('base64url');
  const hash = createHash('sha256').update(JSON.stringify([idempotencyKey, channels]));
  return hash.digest('base64url').slice(0, 12);
}

/** The channel on which one gateway alone hears. */
export function gatewayChannel(gateway: string): string {
  return `gateway:${gateway}`;
}
