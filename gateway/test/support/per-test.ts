import { afterEach, beforeEach } from 'node:test';
import { GatewayProcess } from './gateway.js';
import { type RedisServer, startRedis } from './redis.js';
import type { TestTab } from './tab.js';

/** A real Redis for each test of the suite that asks for it, with gateways and tabs that end when the test does. */
export class PerTest {
  readonly #options: Record<string, string>;
  readonly #gateways: GatewayProcess[] = [];
  readonly #tabs: TestTab[] = [];
  #redis: RedisServer | undefined;

  /** @param options of every gateway, by their environment names without `TABCAST_` */
  constructor(options: Record<string, string> = {}) {
    this.#options = options;
    beforeEach(async () => {
      this.#redis = await startRedis();
    });
    afterEach(async () => {
      for (const tab of this.#tabs.splice(0)) tab.socket.terminate();
      for (const gateway of this.#gateways.splice(0)) await gateway.kill();
      await this.#redis?.close();
    });
  }

  /** The Redis of this test. */
  get redis(): RedisServer {
    return this.#redis!;
  }

  /** Starts a gateway on the Redis of this test. */
  async start(options: Record<string, string> = {}): Promise<GatewayProcess> {
    const gateway = this.launch(options);
    await gateway.listening();
    return gateway;
  }

  /** As `start`, without waiting. */
  launch(options: Record<string, string> = {}): GatewayProcess {
    const given = { REDIS_URL: this.redis.url, ...this.#options, ...options };
    const gateway = GatewayProcess.launch(given);
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Sees to it that a tab ends with the test. */
  keep(tab: TestTab): TestTab {
    this.#tabs.push(tab);
    return tab;
  }
}
