import { ReplyError } from 'ioredis';
import { Batch } from './batch.js';
import { leastLife } from './history.js';
import { failed } from './history-scripts.js';
import type { Receipt, ScriptedRedis } from './scripted.js';

/** What publishKept wants to hear of one publication, without the fence. */
export interface KeptPublication {
  readonly keys: readonly [head: string, kept: string];
  /** ARGV[2] to ARGV[6]. */
  readonly words: readonly (string | number | Buffer)[];
  /** KEYS[3], ARGV[7] and ARGV[8]; undefined without an idempotency key. */
  readonly once?: { readonly key: string; readonly digest: string; readonly ttl: number } | undefined;
}

type Words = [keys: number, ...(string | number | Buffer)[]];

/**
 * Publications to be kept. A script that Redis has forgotten is sent again when Redis has said so, which lets pass what was sent right
 * behind it. So whatever is followed in its turn brings its text: some 9 µs for Redis, which calculates its hash.
 * @param fence as the gateway knows it when they leave
 */
export function publications(
  redis: ScriptedRedis,
  most: number,
  fence: () => string,
): Batch<KeptPublication, Receipt> {
  return new Batch(most, async (batch, isFollowed) => {
    const [first] = batch;
    const scripts = isFollowed ? redis.withText : redis;
    if (batch.length === 1) return [await scripts.publishKept(...alone(fence(), first!))];
    const receipts = await scripts.publishKeptBatch(...together(fence(), batch));
    return receipts.map((receipt) => (receipt[0] === failed ? new ReplyError(receipt[1]) : receipt));
  });
}

function alone(fence: string, { keys, words, once }: KeptPublication): Words {
  if (once === undefined) return [2, ...keys, fence, ...words];
  return [3, ...keys, once.key, fence, ...words, once.digest, once.ttl];
}

function together(fence: string, batch: readonly KeptPublication[]): Words {
  const keys = batch.flatMap(({ keys: [head, kept], once }) => [head, kept, once?.key ?? head]);
  const words = batch.flatMap((one) => [...one.words, one.once?.digest ?? '', one.once?.ttl ?? 0]);
  return [keys.length, ...keys, fence, ...words];
}

/**
 * Questions where channels stand, by head and history of each: every tab that is the first in its channel asks one.
 * @param fence as the gateway knows it when they leave
 */
export function standings(
  redis: ScriptedRedis,
  most: number,
  fence: () => string,
): Batch<readonly [head: string, kept: string], string> {
  return new Batch(most, async (batch) => {
    const keys = batch.flat();
    const answers = await redis.standings(keys.length, ...keys, fence(), leastLife);
    return answers.map(([position, wrong]) => (wrong === undefined ? position : new ReplyError(wrong)));
  });
}
