import { freePort, loadCore, Program } from '@tabcast/loadtest/servers/program';

/** The real exporter of a Redis on this machine. */
export interface RedisExporter {
  /** Where its metrics are, as `host:port`. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts one; resolves when it tells of Redis.
 * @param environment as its containers have it: where Redis is, and how to get in
 */
export async function startRedisExporter(
  environment: Readonly<Record<string, string>>,
): Promise<RedisExporter> {
  const address = `127.0.0.1:${await freePort()}`;
  const command = ['prometheus-redis-exporter', `-web.listen-address=${address}`];
  const program = new Program(loadCore, command, environment);
  await program.untilStarted('telling of Redis', async () => {
    const answer = await fetch(`http://${address}/metrics`).catch(() => undefined);
    return (await answer?.text())?.includes('redis_up 1') ? true : undefined;
  });
  return { address, stop: () => program.stop() };
}
