import { createHash } from 'node:crypto';
import { type Redis, ReplyError } from 'ioredis';
import { IdempotencyConflict, type Publication, type Published } from '../broker.js';
import { type Connection, closeConnection, createConnection } from './connections.js';
import { failureOf, timedOut } from './failure.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { conflict, publishOnce } from './script.js';

/** How long the result of a probe is remembered, in ms. Nobody asks for it. */
const probeTtl = 1000;

/** What a command connection tells. */
export interface CommandEvents {
  /** The connection was made, for the first time or again. */
  connected(): void;
  /** `answers` may have changed. */
  changed(): void;
  /** Redis does not want us; the sentence is for the operator. */
  refused(sentence: string): void;
}

/** The connection that publishes. */
export class CommandConnection {
  readonly #connection: Connection;
  readonly #redis: ScriptedRedis;
  readonly #events: CommandEvents;
  readonly #names: Names;
  readonly #probeName: string;
  readonly #idempotencyTtl: number;
  #answers = false;
  #corked = false;

  constructor(options: RedisBrokerOptions, names: Names, events: CommandEvents) {
    this.#connection = createConnection(options, names, 'command', events.refused);
    this.#redis = withScript(this.#connection.redis);
    this.#redis.on('ready', events.connected);
    this.#redis.on('close', () => this.#answer(false));
    this.#events = events;
    this.#names = names;
    this.#probeName = names.probe(options.gateway);
    this.#idempotencyTtl = options.idempotencyTtl;
  }

  /** The last probe was answered, and no command has gone unanswered since. */
  get answers(): boolean {
    return this.#answers;
  }

  /** Commands can be written, whether or not Redis answers them. */
  get connected(): boolean {
    return this.#redis.status === 'ready';
  }

  open(): void {
    // Its failure is an event too, and ioredis tries again.
    this.#redis.connect().catch(() => {});
  }

  /** As Broker.publish. */
  async publish(publication: Publication): Promise<Published> {
    let gateways: number;
    try {
      gateways = await this.#send(publication);
    } catch (error) {
      this.#fail(error as Error);
    }
    if (gateways === conflict)
      throw new IdempotencyConflict('the idempotency key was used for other bytes before');
    return { gateways, position: null };
  }

  /**
   * Publishes to ourselves, by the script. An answer says that Redis is not only alive, but a master, done with loading,
   * and lets us do what we need. A full one will do as well: it still publishes what has no idempotency key.
   * Resolves with how many heard it; rejects as `publish` does.
   */
  async probe(text: string): Promise<number> {
    try {
      const receivers = await this.#sendProbe(text).catch((error) => this.#fail(error));
      this.#answer(true);
      return receivers;
    } catch (error) {
      this.#answer(false);
      throw error;
    }
  }

  /** Gives up the socket and makes a new one. */
  replace(): void {
    this.#redis.disconnect(true);
  }

  close(): Promise<void> {
    return closeConnection(this.#redis);
  }

  #send({ channel, bytes, idempotencyKey }: Publication): Promise<number> {
    this.#cork();
    const name = this.#names.channel(channel);
    if (idempotencyKey === undefined) return this.#redis.publish(name, asBuffer(bytes));
    const key = this.#names.idempotency(channel, idempotencyKey);
    return this.#redis.publishOnce(key, name, asBuffer(bytes), digest(bytes), this.#idempotencyTtl);
  }

  async #sendProbe(text: string): Promise<number> {
    const name = this.#probeName;
    const bytes = Buffer.from(text);
    try {
      return await this.#redis.publishOnce(`${name}:${text}`, name, bytes, digest(bytes), probeTtl);
    } catch (error) {
      if (!(error as Error).message.startsWith('OOM')) throw error;
      return this.#redis.publish(name, bytes);
    }
  }

  /**
   * What is published until the event loop turns goes out in one write. A third cheaper than ioredis' own pipelining,
   * and unlike there a command need not wait for the answers to those before it, so its timeout begins at once.
   */
  #cork(): void {
    if (this.#corked || !this.connected) return;
    const { stream } = this.#redis;
    this.#corked = true;
    stream.cork();
    setImmediate(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  #fail(error: Error): never {
    if (error instanceof ReplyError) this.#connection.complain(error);
    if (timedOut(error)) this.#answer(false);
    throw failureOf(error);
  }

  #answer(answers: boolean): void {
    if (answers === this.#answers) return;
    this.#answers = answers;
    this.#events.changed();
  }
}

/** See script.ts for arguments and result. */
type ScriptedRedis = Redis & {
  publishOnce(key: string, channel: string, bytes: Buffer, digest: string, ttl: number): Promise<number>;
};

/** ioredis sends the hash, and the whole script where Redis has lost it (NOSCRIPT). */
function withScript(redis: Redis): ScriptedRedis {
  redis.defineCommand('publishOnce', { numberOfKeys: 1, lua: publishOnce });
  return redis as ScriptedRedis;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** The same bytes, not a copy: ioredis would write any other Uint8Array as text. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
