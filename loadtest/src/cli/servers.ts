import { takeLoadCore } from '../servers/program.js';
import { RedisServer } from '../servers/redis.js';
import { remoteTabcast } from '../servers/remote.js';
import { spawnTabcast } from '../servers/spawned.js';
import type { Target } from '../servers/target.js';
import type { Spawned, Where } from './where.js';

/** Servers for one run. */
export interface Servers {
  readonly target: Target;
  /** Of the programs that tell. */
  readonly versions: Readonly<Record<string, string>>;
  /** Ends those that were started. */
  stop(): Promise<void>;
}

/** Finds the servers, or starts them. */
export async function serversAt(where: Where): Promise<Servers> {
  if (where.kind === 'spawned') return spawnedServers(where);
  const target = await remoteTabcast(where);
  return { target, versions: {}, stop: () => target.stop() };
}

/** Gateways have a core for themselves; this process, and what it starts besides, shares the other with Redis. */
async function spawnedServers({ gateways, history, through }: Spawned): Promise<Servers> {
  takeLoadCore();
  const redis = await RedisServer.start();
  try {
    const target = await spawnTabcast({ redis, gateways, history, through, collects: true });
    const versions = { Redis: versionIn(String(await redis.command('INFO', 'server'))) };
    const stop = async () => {
      await target.stop();
      await redis.stop();
    };
    return { target, versions, stop };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

function versionIn(info: string): string {
  return /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
}
