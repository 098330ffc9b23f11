import type { Lease, Revocation } from '../registry.js';

/** What memory registries know together: their Redis. Times are in ms since the epoch. */
export class Records {
  /** By gateway. */
  readonly leases = new Map<string, { readonly lease: Lease; readonly at: number }>();
  /** By what is revoked. */
  readonly revocations = new Map<string, Revocation>();
  /** Changes with the revocations. */
  version = 0;
  /** By user and group, when the membership ends. */
  readonly groups = new Map<string, Map<string, number>>();
  /** Users noted as online. */
  readonly online = new Set<string>();
}
