import { publishing } from '../src/sending/keeping.js';
import type { PipelineWay, Wrapping } from '../src/sending/plan.js';
import type { RedisServer } from '../src/servers/redis.js';
import { channelOf, type Destination } from '../src/servers/target.js';

/** Into a Redis, as one sender does. */
export function redisWay(port: number, wrappings: readonly Wrapping[]): PipelineWay {
  return { kind: 'pipeline', host: '127.0.0.1', port, answers: 'redis', connections: 1, wrappings };
}

/** `PUBLISH` of what tabs get, to Redis channels that are called as ours are, when each has a subscriber: the cheapest of ways. */
export async function publishingTo(
  redis: RedisServer,
  destinations: readonly Destination[],
  textBytes: number,
): Promise<PipelineWay> {
  return redisWay(redis.port, await publishing(redis, destinations.map(channelOf), textBytes, false));
}
