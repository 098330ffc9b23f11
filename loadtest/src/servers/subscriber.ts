import { once } from 'node:events';
import { Redis } from 'ioredis';
import { Latencies } from '../books/latency.js';
import { readStamp } from '../books/message.js';
import type { Address } from '../fleet/plan.js';

/** Subscribes in Redis to one channel and does nothing but take the time: what Redis itself adds to a latency. */
export class Subscriber {
  readonly #latencies = new Latencies();
  #client: Redis | undefined;

  /** Resolves when Redis has confirmed it. */
  async open({ host, port }: Address, channel: string): Promise<void> {
    const client = new Redis({ host, port });
    this.#client = client;
    client.on('messageBuffer', (_: Buffer, text: Buffer) => {
      this.#latencies.record((Number(process.hrtime.bigint()) - readStamp(text, 0)) / 1e6);
    });
    if (client.status !== 'ready') await once(client, 'ready');
    await client.subscribe(channel);
  }

  /** Latencies since it was asked last, as `Latencies.encode` writes. */
  read(): string {
    const text = this.#latencies.encode();
    this.#latencies.clear();
    return text;
  }

  close(): void {
    this.#client?.disconnect();
  }
}
