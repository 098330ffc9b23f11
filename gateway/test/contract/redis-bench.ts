import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { Broker } from '../../src/broker/broker.js';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import type { RedisBrokerOptions } from '../../src/broker/redis/options.js';
import { CapturedLog } from '../support/captured-log.js';
import { Recorder } from '../support/recorder.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { publish } from './suite.js';

/** A Redis for the tests of one file, and brokers on it with short times, closed after each test. */
export class Bench {
  /** Log lines of the present test. */
  readonly lines: string[];
  readonly #log: CapturedLog;
  readonly #opened: Broker[] = [];
  #redis: RedisServer | undefined;

  constructor() {
    this.#log = new CapturedLog();
    this.lines = this.#log.lines;
    before(async () => {
      this.#redis = await startRedis();
    });
    beforeEach(() => {
      this.lines.length = 0;
    });
    afterEach(() => Promise.all(this.#opened.splice(0).map((broker) => broker.close())));
    after(() => this.#redis?.close());
  }

  get redis(): RedisServer {
    return this.#redis ?? assert.fail('Redis was not started yet');
  }

  /** A broker that has not been started. */
  create(more: Partial<RedisBrokerOptions> = {}): Broker {
    const broker = createRedisBroker({
      ...{ url: this.redis.url, prefix: 'test', gateway: 'g1', log: this.#log.log },
      ...{ timeout: 500, probeInterval: 200, idempotencyTtl: 60_000 },
      ...more,
    });
    this.#opened.push(broker);
    return broker;
  }

  async open(more: Partial<RedisBrokerOptions> = {}): Promise<{ broker: Broker; heard: Recorder }> {
    const broker = this.create(more);
    const heard = new Recorder();
    await broker.start(heard);
    return { broker, heard };
  }

  /** A broker of a Redis user who may do everything, until a test decides otherwise. */
  async openAs(user: string): Promise<{ broker: Broker; heard: Recorder }> {
    await this.redis.cli('ACL', 'SETUSER', user, 'on', '>secret', '+@all', '~*', '&*');
    return this.open({ url: `redis://${user}:secret@127.0.0.1:${this.redis.port}` });
  }

  /** Ids of the connections that Redis holds of gateway g1, by role. */
  async connections(): Promise<Record<string, string>> {
    const list = String(await this.redis.cli('CLIENT', 'LIST'));
    const found = list.matchAll(/^id=(\d+) .* name=test:g1:(\w+)/gm);
    return Object.fromEntries([...found].map(([, id, role]) => [role, id]));
  }

  /** Waits for a line in the log. */
  logged(words: string): Promise<unknown> {
    return until(`a log line with: ${words}`, () => this.lines.some((line) => line.includes(words)));
  }
}

/** Waits for a state of a broker. */
export function become(broker: Broker, state: string): Promise<unknown> {
  return until(`the broker to be ${state}`, () => broker.state === state);
}

/** Publishes to a channel of the broker, and waits until it hears that. */
export async function expectDelivery(broker: Broker, heard: Recorder, channel: string): Promise<void> {
  const text = `delivery ${heard.publications.length}`;
  assert.equal((await publish(broker, channel, text)).gateways, 1);
  await until(`a delivery in ${channel}`, () => heard.in(channel).includes(text));
}
