import { randomBytes } from 'node:crypto';
import { jsonProtocol } from '@tabcast/shared';
import { tabcastDialect } from '../fleet/dialect.js';
import { publishing } from '../sending/keeping.js';
import { dealingFor, type PipelineWay } from '../sending/plan.js';
import { collect } from './collecting.js';
import { type Gateway, type GatewayOptions, startGateway, untilReady } from './gateway.js';
import type { RedisServer } from './redis.js';
import { channelOf, type Destination, type Target } from './target.js';
import { tokenFor } from './token.js';
import { usageOf } from './usage.js';

/** Which gateways to start here; the options of a gateway are for each of them. */
export interface SpawnOptions extends GatewayOptions {
  /** How many (1). */
  readonly gateways?: number;
  /** How sends get to tabs: by the HTTP API (`api`), or past the gateways as Redis would carry them (`redis`). */
  readonly through?: 'api' | 'redis';
}

/** Gateways that were started for the load. */
export interface SpawnedTarget extends Target {
  readonly gateways: readonly Gateway[];
}

/** Starts gateways in production mode, ready for tabs. */
export async function spawnTabcast(options: SpawnOptions): Promise<SpawnedTarget> {
  const { redis, gateways: count = 1, history = true, through = 'api' } = options;
  const [token, key] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const gateways: Gateway[] = [];
  while (gateways.length < count) gateways.push(await startGateway(options, { token, key }));
  const stop = async () => void (await Promise.all(gateways.map(({ program }) => program.stop())));
  await Promise.all(gateways.map(untilReady)).catch(async (error) => {
    await stop();
    throw error;
  });
  const urls = gateways.map(({ internalPort }) => `http://127.0.0.1:${internalPort}`);
  return {
    name: `tabcast (history ${history ? 'on' : 'off'})`,
    gateways,
    servers: gateways.map(({ port }) => ({ host: '127.0.0.1', port })),
    dialect: tabcastDialect,
    tab: (visitor) => ({ path: '/ws', protocols: [jsonProtocol, `bearer.${tokenFor(visitor, token)}`] }),
    way: async (targets, textBytes) =>
      through === 'redis'
        ? pastGateways(redis, targets, textBytes, history)
        : { kind: 'api', urls, key, targets, ...dealingFor(textBytes) },
    api: (targets, dealing) => ({ kind: 'api', urls, key, targets, ...dealing }),
    redis: { host: '127.0.0.1', port: redis.port },
    usage: async () => [
      ...gateways.map(({ pid }, index) => usageOf(`gateway ${index + 1}`, 'gateway', pid)),
      usageOf('redis', 'redis', redis.pid),
    ],
    ...(options.collects && { collect: () => collect(gateways.map(({ pid }) => pid)) }),
    stop,
  };
}

/** As Redis carries what one gateway publishes to the others. */
async function pastGateways(
  redis: RedisServer,
  destinations: readonly Destination[],
  textBytes: number,
  history: boolean,
): Promise<PipelineWay> {
  const wrappings = await publishing(redis, destinations.map(channelOf), textBytes, history);
  return {
    kind: 'pipeline',
    host: '127.0.0.1',
    port: redis.port,
    answers: 'redis',
    connections: 1,
    wrappings,
  };
}
