import { ReplyError } from 'ioredis';
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

export interface BatchRules {
  /** As the gateway knows it when a batch leaves. */
  readonly fence: () => string;
  /** Most publications in one script. */
  readonly most: number;
}

interface Waiting extends KeptPublication {
  readonly resolve: (receipt: Receipt | Promise<Receipt>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Publications to be kept that are made in one go, as those of one request are: they leave together, as soon as who makes them
 * is done. For ioredis and for Redis a command costs more than a publication does.
 */
export class KeptBatch {
  readonly #redis: ScriptedRedis;
  readonly #rules: BatchRules;
  #waiting: Waiting[] = [];

  constructor(redis: ScriptedRedis, rules: BatchRules) {
    this.#redis = redis;
    this.#rules = rules;
  }

  /** Resolves or rejects as publishKept does. */
  add(publication: KeptPublication): Promise<Receipt> {
    if (this.#waiting.length === 0) queueMicrotask(() => this.flush());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...publication, resolve, reject });
    });
  }

  /** Sends what waits: to be called before anything else is sent that must not overtake it. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const { most } = this.#rules;
    for (let from = 0; from < waiting.length; from += most) this.#send(waiting.slice(from, from + most));
  }

  #send(batch: readonly Waiting[]): void {
    const fence = this.#rules.fence();
    const [first] = batch;
    if (batch.length === 1) {
      first!.resolve(this.#redis.publishKept(...alone(fence, first!)));
      return;
    }
    this.#redis.publishKeptBatch(...together(fence, batch)).then(
      (receipts) => {
        for (const [index, one] of batch.entries()) settle(one, receipts[index]!);
      },
      (error) => {
        for (const one of batch) one.reject(error);
      },
    );
  }
}

type Words = [keys: number, ...(string | number | Buffer)[]];

function alone(fence: string, { keys, words, once }: KeptPublication): Words {
  if (once === undefined) return [2, ...keys, fence, ...words];
  return [3, ...keys, once.key, fence, ...words, once.digest, once.ttl];
}

function together(fence: string, batch: readonly KeptPublication[]): Words {
  const keys = batch.flatMap(({ keys: [head, kept], once }) => [head, kept, once?.key ?? head]);
  const words = batch.flatMap((one) => [...one.words, one.once?.digest ?? '', one.once?.ttl ?? 0]);
  return [keys.length, ...keys, fence, ...words];
}

function settle({ resolve, reject }: Waiting, receipt: Receipt): void {
  if (receipt[0] === failed) reject(new ReplyError(receipt[1]));
  else resolve(receipt);
}
