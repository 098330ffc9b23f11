import type { Redis } from 'ioredis';
import type { Logger } from '../../log.js';

/**
 * Warns when a Redis may evict what is kept there, each time that a connection to it is made. Who sets a `maxmemory` and
 * leaves the policy to a provider of caches finds out otherwise when tabs cannot be resumed. Where Redis does not say, nobody is
 * warned: why it does not, the probe finds out.
 */
export async function warnOfEviction(redis: Redis, log: Pick<Logger, 'warn'>): Promise<void> {
  const memory = await redis.info('memory').catch(() => '');
  const policy = evictionPolicy(memory);
  if (policy === undefined) return;
  const { remoteAddress, remotePort } = redis.stream;
  log.warn(
    { redis: `${remoteAddress}:${remotePort}`, policy },
    'Redis may evict what is kept there: history is lost before its time, and channels begin anew. Set maxmemory-policy noeviction',
  );
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
