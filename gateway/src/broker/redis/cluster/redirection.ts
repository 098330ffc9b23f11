import { BrokerUnavailable } from '../../broker.js';
import type { Address } from './topology.js';

/** What a node says when a command is not for it, or not yet. Nothing was done in any of these cases. */
export type Redirection =
  /** Another node has the slot. */
  | { readonly kind: 'moved'; readonly slot: number; readonly owner: Address }
  /** The slot is on its way to another node, and some of its keys are there already. */
  | { readonly kind: 'moving' }
  /** The node has been cut off from the cluster, or the slot has no master. */
  | { readonly kind: 'down' };

/**
 * Reads an error of Redis, or the failure that it has become; undefined for any other.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding
 */
export function redirectionOf(error: unknown): Redirection | undefined {
  if (!(error instanceof Error)) return undefined;
  const source = error instanceof BrokerUnavailable ? error.cause : error;
  const words = source instanceof Error ? source.message : '';
  const [, slot, owner] = /^MOVED (\d+) (\S+:\d+)$/.exec(words) ?? [];
  if (owner !== undefined) return { kind: 'moved', slot: Number(slot), owner: bracketed(owner) };
  if (/^(ASK|TRYAGAIN)\b/.test(words)) return { kind: 'moving' };
  return words.startsWith('CLUSTERDOWN') ? { kind: 'down' } : undefined;
}

/** `host:port` as URLs know it: Redis writes IPv6 addresses without brackets. */
function bracketed(address: string): Address {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return host.includes(':') ? `[${host}]${address.slice(colon)}` : address;
}
