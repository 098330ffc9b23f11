import { randomUUID } from 'node:crypto';
import { Latencies, type Percentiles } from '../books/latency.js';
import type { Address } from '../fleet/plan.js';
import type { PipelineWay } from '../sending/plan.js';
import { command } from '../sending/redis-command.js';
import type { Sender } from '../sending/sender.js';
import type { Subscriber } from '../servers/subscriber.js';
import { Worker } from '../workers/worker.js';

/** Little enough to be no load of its own. */
const perSecond = 200;

/** The latency from PUBLISH to a bare subscriber, taken beside whatever else Redis does. */
export class BareRedis {
  readonly #sender = new Worker<Sender>(new URL('../sending/sender-process.js', import.meta.url));
  readonly #subscriber = new Worker<Subscriber>(new URL('../servers/subscriber-process.js', import.meta.url));
  readonly #latencies = new Latencies();
  #sending: Promise<unknown> | undefined;

  /** Begins to send, when the subscriber is there. */
  async begin(redis: Address, textBytes: number): Promise<void> {
    const channel = `load:${randomUUID()}`;
    await this.#subscriber.ask('open', redis, channel);
    const way: PipelineWay = {
      ...{ kind: 'pipeline', host: redis.host, port: redis.port, answers: 'redis', connections: 1 },
      wrappings: [command(['PUBLISH', channel], textBytes)],
    };
    this.#sending = this.#sender.ask('send', { way, streams: 1, textBytes, perSecond, total: Infinity });
    this.#sending.catch(() => {});
  }

  /** Leaves out what was before. */
  async beginWindow(): Promise<void> {
    await this.#subscriber.ask('read');
  }

  /** Leaves out what comes after. */
  async endWindow(): Promise<void> {
    this.#latencies.add(Latencies.decode(await this.#subscriber.ask('read')));
  }

  /** Of the window. Rejects with what was wrong with the sending. */
  async end(): Promise<Percentiles> {
    await this.#sender.ask('stop');
    await this.#sending;
    return this.#latencies.percentiles();
  }

  stop(): void {
    this.#sender.stop();
    this.#subscriber.stop();
  }
}
