import { publishKept, readFence, readKept } from '@tabcast/gateway/internal/broker/redis/history-scripts';
import { Names } from '@tabcast/gateway/internal/broker/redis/names';
import { actionFrame } from './action.js';
import type { Wrapping } from './plan.js';
import { command } from './redis-command.js';

/** What each channel keeps: the defaults of the gateway, and its life as the gateway reckons it. */
const keep = { size: '100', age: '300000', life: '88800000' };

/** The Redis of gateways, as far as it is asked for here. */
export interface Carrier {
  /** Names of our channels in Redis, in the same order, when each has a subscriber. */
  redisNames(channels: readonly string[]): Promise<string[]>;
  command(name: string, ...args: string[]): Promise<unknown>;
}

/**
 * How to publish texts to channels past the gateways, as the action that tabs get; when each has a subscriber.
 * @param kept whether with the script of the gateways that keeps them, or as they are
 */
export async function publishing(
  redis: Carrier,
  channels: readonly string[],
  textBytes: number,
  kept: boolean,
): Promise<Wrapping[]> {
  const names = await redis.redisNames(channels);
  return kept
    ? channels.map(await keepingAt(redis, textBytes))
    : names.map((name) => forgetting(name, textBytes));
}

/** Where a channel stands. */
export async function positionOf(redis: Carrier, channel: string): Promise<string> {
  const keys = new Names('tabcast').history(channel);
  const answer = await redis.command('EVAL', readKept, '2', ...keys, '', keep.life, '', '0', '0');
  return String((answer as unknown[])[0]);
}

/** How to publish an action with a text, and keep nothing. @param name of a channel in Redis */
export function forgetting(name: string, textBytes: number): Wrapping {
  return publication(['PUBLISH', name], textBytes);
}

/** How to publish an action with a text to a channel and keep it, as a gateway does. */
export async function keepingAt(redis: Carrier, textBytes: number): Promise<(channel: string) => Wrapping> {
  const names = new Names('tabcast');
  const sha = String(await redis.command('SCRIPT', 'LOAD', publishKept));
  const fence = String(await redis.command('EVAL', readFence, '0'));
  return (channel) =>
    publication(
      ['EVALSHA', sha, '2', ...names.history(channel), fence, keep.life, names.channel(channel)],
      textBytes,
      [keep.size, keep.age],
    );
}

function publication(before: readonly string[], textBytes: number, after: readonly string[] = []): Wrapping {
  const { head, tail } = actionFrame;
  const whole = command(before, head.length + textBytes + tail.length, after);
  return { head: whole.head + head, tail: tail + whole.tail };
}
