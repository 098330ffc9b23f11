import { Fleets } from '../../src/fleet/fleets.js';
import type { Lab } from '../../src/scenarios/scenario.js';
import { RedisServer } from '../../src/servers/redis.js';
import { type SpawnedTarget, type SpawnOptions, spawnTabcast } from '../../src/servers/spawned.js';

/** A gateway and a Redis of its own for a test, as a scenario works with them. */
export class SpawnedLab implements Lab {
  readonly target: SpawnedTarget;
  readonly #redis: RedisServer;
  readonly #interruption = new AbortController();

  static async start(options: Omit<SpawnOptions, 'redis'> = {}): Promise<SpawnedLab> {
    const redis = await RedisServer.start();
    return new SpawnedLab(await spawnTabcast({ redis, ...options }), redis);
  }

  private constructor(target: SpawnedTarget, redis: RedisServer) {
    this.target = target;
    this.#redis = redis;
  }

  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  fleet(): Fleets {
    return new Fleets({ tabsPerProcess: 50 });
  }

  progress(): void {}

  interrupt(): void {
    this.#interruption.abort();
  }

  async stop(): Promise<void> {
    await this.target.stop();
    await this.#redis.stop();
  }
}

/** Problems but for a sender that fell behind: a matter of time, which a busy machine has none of, and of no message. */
export function timeless(problems: readonly string[]): string[] {
  return problems.filter((problem) => !problem.startsWith('The sender fell behind'));
}
