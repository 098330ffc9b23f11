import type { Logger } from '../../log.js';

/** What the Redis broker takes. Times are in milliseconds. */
export interface RedisBrokerOptions {
  /** Of a Redis, of Sentinels or of a cluster, see endpoint.ts. */
  readonly url: string;
  /** What Sentinels want to hear; without it they are asked as anybody. */
  readonly sentinelPassword?: string;
  /** The URL is that of one node of a cluster: what is published there is heard there only. For cluster/ alone. */
  readonly sharded?: boolean;
  /** Begins every name in Redis, so that deployments can share one. 1 to 64 letters, digits, `_`, `.`, `-`. */
  readonly prefix: string;
  /** Certificate authority in PEM for `rediss://`; without it those of the system count. */
  readonly ca?: string;
  /** How long a command may stay without an answer. */
  readonly timeout: number;
  /** Time between two probes: see probe.ts. */
  readonly probeInterval: number;
  /** How long an idempotency key is remembered. */
  readonly idempotencyTtl: number;
  /** Id of this gateway, unlike that of any other. */
  readonly gateway: string;
  readonly log: Logger;
}
