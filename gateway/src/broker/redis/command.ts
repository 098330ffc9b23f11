import { hash } from 'node:crypto';
import { ReplyError } from 'ioredis';
import {
  type History,
  HistoryFull,
  type HistoryRequest,
  IdempotencyConflict,
  type Keep,
  type Publication,
  type Published,
} from '../broker.js';
import { type Batch, mostTogether } from './batch.js';
import { type KeptPublication, publications, standings } from './batches.js';
import { type Connection, closeConnection, createConnection } from './connections.js';
import { EvictionWatch } from './eviction.js';
import { failureOf, isFull, timedOut } from './failure.js';
import { historyOf, keptArguments, leastLife, readPosition } from './history.js';
import type { Names } from './names.js';
import type { RedisBrokerOptions } from './options.js';
import { plainPayload } from './payload.js';
import { conflict } from './script.js';
import { type PublishVerb, type Receipt, type ScriptedRedis, withScripts } from './scripted.js';
import { tryOut } from './trial.js';

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
  readonly #eviction: EvictionWatch;
  readonly #events: CommandEvents;
  readonly #names: Names;
  readonly #probeName: string;
  readonly #verb: PublishVerb;
  readonly #idempotencyTtl: number;
  readonly #publications: Batch<KeptPublication, Receipt>;
  readonly #standings: Batch<readonly [head: string, kept: string], string>;
  /** Of the Redis that this connection leads to, see history-scripts.ts. Known only while it answers. */
  #fence = '';
  #answers = false;
  #triedOut = false;
  #gathering = false;

  constructor(options: RedisBrokerOptions, names: Names, events: CommandEvents) {
    this.#connection = createConnection(options, names, 'command', events.refused);
    this.#verb = options.sharded ? 'spublish' : 'publish';
    this.#redis = withScripts(this.#connection.redis, this.#verb);
    this.#eviction = new EvictionWatch(this.#redis, options.log);
    this.#redis.on('ready', events.connected);
    this.#redis.on('close', () => this.#answer(false));
    // The channels of a cluster are kept in different places.
    const most = options.sharded ? 1 : mostTogether;
    this.#publications = publications(this.#redis, most, () => this.#fence);
    this.#standings = standings(this.#redis, most, () => this.#fence);
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

  /** As Broker.publish. Most of what a publication costs is garbage, so there is no promise more than needed. */
  publish(publication: Publication): Promise<Published> {
    const kept = publication.keep !== undefined;
    return this.#send(publication).then(publishedOf, (error) => this.#fail(error, kept));
  }

  /** As Broker.read. */
  async read({ channel, after, limit }: HistoryRequest): Promise<History> {
    const keys = this.#names.history(channel);
    this.#gather();
    if (after === undefined && limit === 0) return this.#standing(keys);
    const from = after === undefined ? undefined : readPosition(after);
    const { epoch, offset } = from ?? readPosition('');
    const answer = await this.#redis
      .readKeptBuffer(...keys, this.#fence, leastLife, epoch, offset, limit)
      .catch((error) => this.#fail(error));
    return historyOf(answer, from);
  }

  async #standing(keys: readonly [head: string, kept: string]): Promise<History> {
    const position = await this.#standings.add(keys).catch((error) => this.#fail(error));
    return { position, entries: [], complete: position.endsWith('-0') };
  }

  /**
   * Publishes to ourselves, by the script. An answer says that Redis is not only alive, but a master, done with loading,
   * and lets us do what we need, of which the first one tries everything. A full one will do as well: it still publishes what
   * has no idempotency key.
   * Resolves with how many heard it; rejects as `publish` does.
   * @param name the redis channel, where it is not the usual one
   */
  async probe(text: string, name = this.#probeName): Promise<number> {
    void this.#eviction.look();
    try {
      const trial = this.#triedOut ? undefined : tryOut(this.#redis, `${name}:trial`, text);
      const answers = Promise.all([this.#redis.readFence(), this.#sendProbe(text, name), trial]);
      const [fence, receivers] = await answers.catch((error) => this.#fail(error));
      // Another life of the data on the same connection: what was published meanwhile may be lost.
      if (this.#fence !== '' && this.#fence !== fence) this.#answer(false);
      this.#fence = fence;
      this.#triedOut = true;
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

  #send(publication: Publication): Promise<Receipt> {
    this.#gather();
    const { channel, bytes, idempotencyKey, keep } = publication;
    if (keep !== undefined) return this.#sendKept(publication, keep);
    this.#publications.flush(true);
    const [name, payload] = [this.#names.channel(channel), plainPayload(bytes)];
    if (idempotencyKey === undefined)
      return this.#publishPlain(name, payload).then((gateways) => [gateways, '']);
    const key = this.#names.idempotency(channel, idempotencyKey);
    // What follows in this turn is not known yet, and its text is short: see batches.ts.
    return this.#redis.withText.publishOnce(key, name, payload, digest(bytes), this.#idempotencyTtl);
  }

  #sendKept({ channel, bytes, idempotencyKey }: Publication, keep: Keep): Promise<Receipt> {
    const keys = this.#names.history(channel);
    const words = keptArguments(this.#names.channel(channel), bytes, keep);
    const once =
      idempotencyKey === undefined
        ? undefined
        : {
            key: this.#names.idempotency(channel, idempotencyKey),
            digest: digest(bytes),
            ttl: this.#idempotencyTtl,
          };
    return this.#publications.add({ keys, words, once });
  }

  /** ioredis does not know the type of the answer to SPUBLISH. */
  #publishPlain(name: string, payload: Buffer): Promise<number> {
    return this.#redis[this.#verb](name, payload) as Promise<number>;
  }

  async #sendProbe(text: string, name: string): Promise<number> {
    const bytes = Buffer.from(text);
    try {
      const key = `${name}:${text}`;
      const [receivers] = await this.#redis.publishOnce(key, name, bytes, digest(bytes), probeTtl);
      return receivers;
    } catch (error) {
      if (!isFull(error as Error)) throw error;
      return this.#publishPlain(name, bytes);
    }
  }

  /**
   * What is asked for until the event loop turns goes out in one write, and what is of a kind in one command. A third cheaper
   * than ioredis' own pipelining, and unlike there a command need not wait for the answers to those before it, so its timeout
   * begins at once.
   */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const stream = this.connected ? this.#redis.stream : undefined;
    stream?.cork();
    setImmediate(() => {
      this.#gathering = false;
      this.#publications.flush();
      this.#standings.flush();
      stream?.uncork();
    });
  }

  /** @param kept whether it was about something to be kept */
  #fail(error: Error, kept = false): never {
    if (error instanceof ReplyError) this.#connection.complain(error);
    if (kept && isFull(error)) throw new HistoryFull('Redis has no memory left to keep it');
    if (timedOut(error)) this.#answer(false);
    throw failureOf(error);
  }

  /** Who answers next may be a Redis of older data, whose heads still have the fence of this one. */
  #answer(answers: boolean): void {
    if (!answers) this.#fence = '';
    if (answers === this.#answers) return;
    this.#answers = answers;
    this.#events.changed();
  }
}

function publishedOf([gateways, position]: Receipt): Published {
  if (gateways === conflict)
    throw new IdempotencyConflict('the idempotency key was used for other bytes before');
  return { gateways, position: position || null };
}

function digest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64');
}
