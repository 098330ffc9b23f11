import { after, before } from 'node:test';
import { GatewayProcess } from './gateway.js';
import { type RedisServer, startRedis } from './redis.js';

/** Two gateways on one real Redis, started before the tests of the suite that asks for them and ended after. */
export class TwoGateways {
  /** Empty until the tests begin. */
  readonly gateways: GatewayProcess[] = [];
  redis!: RedisServer;

  /** @param options by their environment names without `TABCAST_` */
  constructor(options: Record<string, string> = {}) {
    before(async () => {
      this.redis = await startRedis();
      const given = { REDIS_URL: this.redis.url, ...options };
      this.gateways.push(...(await Promise.all([GatewayProcess.start(given), GatewayProcess.start(given)])));
    });
    after(async () => {
      for (const gateway of this.gateways) await gateway.kill();
      await this.redis.close();
    });
  }
}
