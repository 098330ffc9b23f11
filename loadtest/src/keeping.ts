import { publishKept, readFence, readKept } from '@tabcast/gateway/redis/history-scripts';
import { Names } from '@tabcast/gateway/redis/names';
import type { RedisServer } from './redis.js';
import { type Wrapping, wrapping } from './resp.js';

/** What each channel keeps: the defaults of the gateway, and its life as the gateway reckons it. */
const keep = { size: '100', age: '300000', life: '88800000' };

/**
 * How to publish to channels of which each has a subscriber, once it has.
 * @param payloadBytes size of what is published
 * @param kept whether with the script of the gateways that keeps it, or as it is
 */
export async function publishing(
  redis: RedisServer,
  channels: readonly string[],
  payloadBytes: number,
  kept: boolean,
): Promise<Wrapping[]> {
  const names = await redis.redisNames(channels);
  if (!kept) return names.map((name) => wrapping(['PUBLISH', name], payloadBytes));
  const keeping = await keepingAt(redis, payloadBytes);
  return channels.map(keeping);
}

/** Where a channel stands. */
export async function positionOf(redis: RedisServer, channel: string): Promise<string> {
  const keys = new Names('tabcast').history(channel);
  const answer = await redis.command('EVAL', readKept, '2', ...keys, '', keep.life, '', '0', '0');
  return String((answer as unknown[])[0]);
}

/** How to publish to a channel and keep it, as a gateway does. */
export async function keepingAt(
  redis: RedisServer,
  payloadBytes: number,
): Promise<(channel: string) => Wrapping> {
  const names = new Names('tabcast');
  const sha = String(await redis.command('SCRIPT', 'LOAD', publishKept));
  const fence = String(await redis.command('EVAL', readFence, '0'));
  return (channel) =>
    wrapping(
      ['EVALSHA', sha, '2', ...names.history(channel), fence, keep.life, names.channel(channel)],
      payloadBytes,
      [keep.size, keep.age],
    );
}
