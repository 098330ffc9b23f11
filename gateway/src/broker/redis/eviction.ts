import type { Redis } from 'ioredis';
import type { Logger } from '../../log.js';

/**
 * Warns when a Redis may evict what is kept there: each time that a connection to it is made, and when its policy changes. Who sets a
 * `maxmemory` and leaves the policy to a provider of caches finds out otherwise when tabs cannot be resumed. Where Redis does not say,
 * nobody is warned: why it does not, the probe finds out.
 */
export class EvictionWatch {
  readonly #redis: Redis;
  readonly #log: Pick<Logger, 'warn'>;
  #policy: string | undefined;

  constructor(redis: Redis, log: Pick<Logger, 'warn'>) {
    this.#redis = redis;
    this.#log = log;
    redis.on('ready', () => {
      this.#policy = undefined;
    });
  }

  /** To be called from time to time. Never throws. */
  async look(): Promise<void> {
    const memory = await this.#redis.info('memory').catch(() => undefined);
    if (memory === undefined) return;
    const policy = evictionPolicy(memory);
    const isNews = policy !== this.#policy;
    this.#policy = policy;
    if (policy !== undefined && isNews) this.#warn(policy);
  }

  #warn(policy: string): void {
    const { remoteAddress, remotePort } = this.#redis.stream;
    this.#log.warn(
      { redis: `${remoteAddress}:${remotePort}`, policy },
      'Redis may evict what is kept there: history is lost before its time, and channels begin anew. Set maxmemory-policy noeviction',
    );
  }
}

/**
 * How a Redis evicts; undefined where it does not.
 * @param memory what INFO memory says, see https://redis.io/docs/latest/commands/info/
 */
function evictionPolicy(memory: string): string | undefined {
  const limit = /^maxmemory:(\d+)/m.exec(memory)?.[1] ?? '0';
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
  return limit === '0' || policy === 'noeviction' ? undefined : policy;
}
