import type { Redis } from 'ioredis';
import type { KeptAnswer } from './history.js';
import { publishKept, publishKeptBatch, readFence, readKept, standings } from './history-scripts.js';
import { publishOnce } from './script.js';

/** Those that publish. */
export interface PublishingScripts {
  publishOnce(key: string, channel: string, bytes: Buffer, digest: string, ttl: number): Promise<Receipt>;
  publishKept(...args: [keys: number, ...(string | number | Buffer)[]]): Promise<Receipt>;
  publishKeptBatch(...args: [keys: number, ...(string | number | Buffer)[]]): Promise<Receipt[]>;
}

/** A Redis that knows our scripts. See there for arguments and results. */
export type ScriptedRedis = Redis &
  PublishingScripts & {
    /** The same with their text in place of its hash: they need not be sent again, and nothing overtakes them meanwhile. */
    readonly withText: PublishingScripts;
    readFence(): Promise<string>;
    standings(...args: [keys: number, ...(string | number)[]]): Promise<[position: string, wrong?: string][]>;
    readKeptBuffer(
      ...args: [
        head: string,
        kept: string,
        fence: string,
        life: number,
        epoch: string,
        offset: number,
        limit: number,
      ]
    ): Promise<KeptAnswer>;
  };

/** How to publish: to whoever has subscribed, or, in a cluster, to those who have subscribed in the shard. */
export type PublishVerb = 'publish' | 'spublish';

/** What a publishing script answers. */
export type Receipt = [receivers: number, position: string];

/**
 * ioredis sends the hash, and the whole script where Redis has lost it (NOSCRIPT).
 * @param verb with which the scripts publish
 */
export function withScripts(redis: Redis, verb: PublishVerb): ScriptedRedis {
  const publishing = (lua: string) => lua.replaceAll("'PUBLISH'", `'${verb}'`);

  const [once, kept, batch] = [publishOnce, publishKept, publishKeptBatch].map(publishing) as [
    string,
    string,
    string,
  ];
  const withText: PublishingScripts = {
    publishOnce: (...args) => redis.eval(once, 1, ...args) as Promise<Receipt>,
    publishKept: (...args) => redis.eval(kept, ...args) as Promise<Receipt>,
    publishKeptBatch: (...args) => redis.eval(batch, ...args) as Promise<Receipt[]>,
  };
  redis.defineCommand('readFence', { numberOfKeys: 0, lua: readFence });
  redis.defineCommand('publishOnce', { numberOfKeys: 1, lua: once });
  redis.defineCommand('publishKept', { lua: kept });
  redis.defineCommand('publishKeptBatch', { lua: batch });
  redis.defineCommand('standings', { lua: standings });
  redis.defineCommand('readKept', { numberOfKeys: 2, lua: readKept });
  return Object.assign(redis, { withText }) as ScriptedRedis;
}
