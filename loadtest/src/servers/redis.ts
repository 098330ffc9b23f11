import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, loadCore, Program } from './program.js';

/** How long gateways may take to subscribe to what their tabs need, ms. */
const patience = 10_000;

/** Our names of channels, at the end of whatever a broker puts before them. */
const channelAtEnd = /(?:^|[:}])(all|registered|(?:user|group):[^:]+)$/;

/** A Redis of our own, without persistence. */
export class RedisServer {
  readonly port: number;
  readonly #program: Program;
  readonly #client: Redis;

  /** @param core on which it runs */
  static async start(core = loadCore): Promise<RedisServer> {
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const program = new Program(core, ['redis-server', ...options]);
    await program.untilStarted('accepting connections', () =>
      program.output.includes('Ready to accept') ? true : undefined,
    );
    return new RedisServer(port, program);
  }

  get pid(): number {
    return this.#program.pid;
  }

  private constructor(port: number, program: Program) {
    this.port = port;
    this.#program = program;
    this.#client = new Redis(port);
  }

  /**
   * Waits until each of our channels has a subscriber, and tells the names they have in Redis, in the same order.
   * Looking them up keeps the broker's naming out of the load test.
   */
  async redisNames(channels: readonly string[]): Promise<string[]> {
    const deadline = performance.now() + patience;
    for (;;) {
      const subscribed = await this.#subscribed();
      const missing = channels.find((channel) => !subscribed.has(channel));
      if (missing === undefined) return channels.map((channel) => subscribed.get(channel)!);
      if (performance.now() > deadline) throw new Error(`nobody in Redis has subscribed to ${missing}`);
      await sleep(100);
    }
  }

  /** One command. */
  command(name: string, ...args: string[]): Promise<unknown> {
    return this.#client.call(name, ...args);
  }

  async stop(): Promise<void> {
    this.#client.disconnect();
    await this.#program.stop();
  }

  async #subscribed(): Promise<Map<string, string>> {
    const names = (await this.#client.pubsub('CHANNELS')) as string[];
    const byChannel = new Map<string, string>();
    for (const name of names) {
      const channel = channelAtEnd.exec(name)?.[1];
      if (channel !== undefined) byChannel.set(channel, name);
    }
    return byChannel;
  }
}
