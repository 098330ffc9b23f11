import { randomBytes } from 'node:crypto';
import { tabcastDialect } from '@tabcast/loadtest/fleet/dialect';
import { Fleets } from '@tabcast/loadtest/fleet/fleets';
import type { Lab, Progress } from '@tabcast/loadtest/scenarios/scenario';
import { dealingFor } from '@tabcast/loadtest/sending/plan';
import type { GatewayOptions } from '@tabcast/loadtest/servers/gateway';
import { takeLoadCore } from '@tabcast/loadtest/servers/program';
import { RedisServer } from '@tabcast/loadtest/servers/redis';
import type { Target } from '@tabcast/loadtest/servers/target';
import { tokenFor } from '@tabcast/loadtest/servers/token';
import { jsonProtocol } from '@tabcast/shared';
import { Gateways } from './gateways.js';

/** Who watches a rehearsal, and may end it. */
export interface Audience {
  readonly signal: AbortSignal;
  readonly progress: (step: Progress) => void;
}

/** Redis, gateways and a balancer, and a lab whose tabs and sends all go through that balancer. */
export interface Stage {
  readonly gateways: Gateways;
  readonly lab: Lab;
}

/** Lets something happen on a stage of its own, and clears it away. */
export async function onStage<T>(
  audience: Audience,
  count: number,
  options: Omit<GatewayOptions, 'redis'>,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  takeLoadCore();
  const secrets = { token: randomBytes(32).toString('hex'), key: randomBytes(32).toString('hex') };
  const redis = await RedisServer.start();
  const fleets: Fleets[] = [];
  let gateways: Gateways | undefined;
  try {
    gateways = await Gateways.start(count, { ...options, redis }, secrets);
    const target = behind(gateways, secrets);
    const fleet = () => {
      const fresh = new Fleets();
      fleets.push(fresh);
      return fresh;
    };
    return await play({ gateways, lab: { target, fleet, ...audience } });
  } finally {
    for (const fleet of fleets) fleet.stop();
    await gateways?.stop();
    await redis.stop();
  }
}

/** The balancer, as tabs and backends see it. */
function behind({ balancer }: Gateways, { token, key }: { token: string; key: string }): Target {
  const urls = [`http://127.0.0.1:${balancer.internalPort}`];
  return {
    name: 'tabcast behind HAProxy',
    servers: [{ host: '127.0.0.1', port: balancer.port }],
    dialect: tabcastDialect,
    tab: (visitor) => ({ path: '/ws', protocols: [jsonProtocol, `bearer.${tokenFor(visitor, token)}`] }),
    way: async (targets, textBytes) => ({ kind: 'api', urls, key, targets, ...dealingFor(textBytes) }),
    usage: async () => [],
    stop: async () => {},
  };
}
