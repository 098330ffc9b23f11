import { ReplyError } from 'ioredis';
import { publications } from './batches.js';
import { isFull } from './failure.js';
import type { ScriptedRedis } from './scripted.js';

/** How long anything of a trial is kept, in ms. */
const life = 1000;

/**
 * Keeps, trims, publishes and reads in a channel of its own, by every script that does, so that a missing permission is found
 * before anything is to be sent. Rejects with what Redis has refused; that it is full is no matter.
 * @param name begins the names to be used, all of one slot
 * @param nonce no other trial has it
 */
export async function tryOut(redis: ScriptedRedis, name: string, nonce: string): Promise<void> {
  const [head, kept] = [`${name}:h`, `${name}:k`];
  // Of several publications one is to be kept: the second one trims.
  const publication = { keys: [head, kept], words: [life, name, '', 1, life] } as const;
  const alone = publications(redis, 1, () => '');
  const together = publications(redis, 2, () => '');
  const trials: Promise<unknown>[] = [
    alone.add({ ...publication, once: { key: `${name}:${nonce}`, digest: 'digest', ttl: life } }),
    together.add(publication),
    together.add(publication),
  ];
  alone.flush();
  together.flush();
  trials.push(redis.readKeptBuffer(head, kept, '', life, '', 0, 1), tryStandings(redis, [head, kept]));
  await Promise.all(trials.map((trial) => trial.catch(unlessFull)));
}

async function tryStandings(redis: ScriptedRedis, keys: readonly string[]): Promise<void> {
  const [standing] = await redis.standings(keys.length, ...keys, '', life);
  const [, wrong] = standing!;
  if (wrong !== undefined) throw new ReplyError(wrong);
}

function unlessFull(error: Error): void {
  if (!isFull(error)) throw error;
}
