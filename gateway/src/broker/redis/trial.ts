import { ReplyError } from 'ioredis';
import { isFull } from './failure.js';
import { failed } from './history-scripts.js';
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
  // Of two publications one is to be kept: the second one trims.
  const words = [life, name, '', 1, life];
  const alone = [3, head, kept, `${name}:${nonce}`, '', ...words, 'digest', life] as const;
  const together = [3, head, kept, head, '', ...words, '', 0] as const;
  const trials = [
    redis.publishKept(...alone),
    redis.publishKeptBatch(...together).then(([receipt]) => expectDone(receipt![0] !== failed, receipt![1])),
    redis.readKeptBuffer(head, kept, '', life, '', 0, 1),
    redis.standings(2, head, kept, '', life).then(([standing]) => expectDone(!standing![1], standing![1])),
  ];
  await Promise.all(trials.map((trial) => (trial as Promise<unknown>).catch(unlessFull)));
}

function expectDone(isDone: boolean, wrong = ''): void {
  if (!isDone) throw new ReplyError(wrong);
}

function unlessFull(error: Error): void {
  if (!isFull(error)) throw error;
}
