import { ReplyError } from 'ioredis';
import { failed } from './history-scripts.js';
import type { Receipt, ScriptedRedis } from './scripted.js';

/** Most publications in one script: nobody else is served by Redis while it runs, some 10 µs for each. */
const most = 32;

/** What publishKept wants to hear of one publication, without the fence. */
export interface KeptPublication {
  readonly keys: readonly [head: string, kept: string];
  /** ARGV[2] to ARGV[6]. */
  readonly words: readonly (string | number | Buffer)[];
}

interface Waiting extends KeptPublication {
  readonly resolve: (receipt: Receipt | Promise<Receipt>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Publications to be kept that are made in one go, as those of one request are: they leave together, before the microtask
 * after next. For ioredis and for Redis a command costs more than a publication does.
 */
export class KeptBatch {
  readonly #redis: ScriptedRedis;
  readonly #fence: () => string;
  #waiting: Waiting[] = [];

  /** @param fence as the gateway knows it when the batch leaves */
  constructor(redis: ScriptedRedis, fence: () => string) {
    this.#redis = redis;
    this.#fence = fence;
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
    for (let from = 0; from < waiting.length; from += most) this.#send(waiting.slice(from, from + most));
  }

  #send(batch: readonly Waiting[]): void {
    const fence = this.#fence();
    const [first] = batch;
    if (batch.length === 1) {
      first!.resolve(this.#redis.publishKept(2, ...first!.keys, fence, ...first!.words));
      return;
    }
    const keys = batch.flatMap((one) => one.keys);
    const words = batch.flatMap((one) => one.words);
    this.#redis.publishKeptBatch(keys.length, ...keys, fence, ...words).then(
      (receipts) => {
        for (const [index, one] of batch.entries()) settle(one, receipts[index]!);
      },
      (error) => {
        for (const one of batch) one.reject(error);
      },
    );
  }
}

function settle({ resolve, reject }: Waiting, receipt: Receipt): void {
  if (receipt[0] === failed) reject(new ReplyError(receipt[1]));
  else resolve(receipt);
}
